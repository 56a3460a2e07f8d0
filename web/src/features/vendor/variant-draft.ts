import { type DeskProduct, NewVariant, type VariantEdit } from '#contract/catalog.ts';
import { type Currency, currencyDigits } from '#contract/money.ts';
import { amountText, readAmount, readCount } from '../../ui/amount-text.ts';

/** A variant as its vendor sees it. */
export type DeskVariant = DeskProduct['variants'][number];

/** What stands in a variant's fields, as typed; `stock` is asked of a new one only. */
export type VariantDraft = { title: string; listPrice: string; floorPrice: string; stock: string };

export type VariantFaults = Partial<Record<keyof VariantDraft, 'missing' | 'above-list' | 'taken'>>;

/** Fields of a variant that stands already, or empty ones. */
export function variantDraftOf(variant: DeskVariant | undefined): VariantDraft {
  if (!variant) return { title: '', listPrice: '', floorPrice: '', stock: '' };
  const { title = '', listPrice, floorPrice } = variant;
  const digits = currencyDigits[listPrice.currency];
  return {
    title,
    listPrice: amountText(listPrice.amount, digits),
    floorPrice: amountText(floorPrice.amount, digits),
    stock: '',
  };
}

function pricesOf({ listPrice, floorPrice }: VariantDraft, currency: Currency) {
  const digits = currencyDigits[currency];
  return { list: readAmount(listPrice, digits), floor: readAmount(floorPrice, digits) };
}

/** What of the fields does not make a variant yet. @param others titles of the product's other variants. */
export function variantFaultsOf(
  draft: VariantDraft,
  { currency, isNew, others }: { currency: Currency; isNew: boolean; others: readonly string[] },
): VariantFaults {
  const { list, floor } = pricesOf(draft, currency);
  const title = draft.title.trim();
  const faults: VariantFaults = {};
  if (title === '') faults.title = 'missing';
  else if (others.includes(title)) faults.title = 'taken';
  if (list === undefined || list === 0) faults.listPrice = 'missing';
  if (floor === undefined) faults.floorPrice = 'missing';
  else if (list !== undefined && floor > list) faults.floorPrice = 'above-list';
  if (isNew && readCount(draft.stock, 0, 1_000_000) === undefined) faults.stock = 'missing';
  return faults;
}

/** The variant that the fields make; undefined while something is missing. */
export function newVariantOf(draft: VariantDraft, currency: Currency): NewVariant | undefined {
  const { list, floor } = pricesOf(draft, currency);
  return NewVariant.safeParse({
    title: draft.title,
    listPrice: { amount: list, currency },
    floorPrice: { amount: floor, currency },
    stock: readCount(draft.stock, 0, 1_000_000),
  }).data;
}

/** What the fields change of a variant; nothing that stays as it is is sent. */
export function variantEditOf(draft: VariantDraft, before: DeskVariant): VariantEdit {
  const { currency } = before.listPrice;
  const { list, floor } = pricesOf(draft, currency);
  const title = draft.title.trim();
  const edit: VariantEdit = {};
  if (title !== '' && title !== before.title) edit.title = title;
  if (list !== undefined && list !== before.listPrice.amount) edit.listPrice = { amount: list, currency };
  if (floor !== undefined && floor !== before.floorPrice.amount)
    edit.floorPrice = { amount: floor, currency };
  return edit;
}

/** Variants that are sold. */
export const soldOf = ({ variants }: DeskProduct): DeskVariant[] =>
  variants.filter(({ isRetired }) => !isRetired);

/** Units of all variants of a product together. */
export function unitsOf({ variants }: DeskProduct): { available: number; held: number; sold: number } {
  const sum = (read: (stock: DeskVariant['stock']) => number): number =>
    variants.reduce((all, { stock }) => all + read(stock), 0);
  return {
    available: sum((one) => one.available),
    held: sum((one) => one.held),
    sold: sum((one) => one.sold),
  };
}
