import { type Attribute, type DeskProduct, NewProduct, type ProductEdit } from '#contract/catalog.ts';
import type { PictureId } from '#contract/ids.ts';
import { type Currency, currencyDigits } from '#contract/money.ts';
import { amountText, readAmount, readCount } from '../../ui/amount-text.ts';

/** One attribute as typed; `key` stays while rows come and go. */
export type AttributeRow = { key: number; name: string; value: string };

/** What stands in a product's fields, as typed. */
export type ProductDraft = {
  title: string;
  description: string;
  attributes: AttributeRow[];
  currency: Currency;
  listPrice: string;
  floorPrice: string;
  stock: string;
  pictureId: PictureId | undefined;
};

export type ProductField = 'title' | 'listPrice' | 'floorPrice' | 'stock';
export type ProductFaults = Partial<Record<ProductField, 'missing' | 'above-list'>>;

/** Fields of a product that stands already, or empty ones. */
export function draftOf(product: DeskProduct | undefined, currency: Currency): ProductDraft {
  const variant = product?.variants[0];
  if (!product || !variant)
    return {
      title: '',
      description: '',
      attributes: [],
      currency,
      listPrice: '',
      floorPrice: '',
      stock: '',
      pictureId: undefined,
    };
  const { title, description, attributes, pictureId } = product;
  const { listPrice, floorPrice } = variant;
  const digits = currencyDigits[listPrice.currency];
  return {
    title,
    description,
    attributes: attributes.map(({ name, value }, key) => ({ key, name, value })),
    currency: listPrice.currency,
    listPrice: amountText(listPrice.amount, digits),
    floorPrice: amountText(floorPrice.amount, digits),
    stock: '',
    pictureId,
  };
}

function pricesOf({ currency, listPrice, floorPrice }: ProductDraft) {
  const digits = currencyDigits[currency];
  return { list: readAmount(listPrice, digits), floor: readAmount(floorPrice, digits) };
}

/** What of the fields does not make a product yet; `stock` is asked of a new one only. */
export function faultsOf(draft: ProductDraft, isNew: boolean): ProductFaults {
  const { list, floor } = pricesOf(draft);
  const faults: ProductFaults = {};
  if (draft.title.trim() === '') faults.title = 'missing';
  if (list === undefined || list === 0) faults.listPrice = 'missing';
  if (floor === undefined) faults.floorPrice = 'missing';
  else if (list !== undefined && floor > list) faults.floorPrice = 'above-list';
  if (isNew && readCount(draft.stock, 0, 1_000_000) === undefined) faults.stock = 'missing';
  return faults;
}

/** Rows of attributes with something wrong, by `key`: one side is empty, or the name stands twice. */
export function attributeFaultsOf({ attributes }: ProductDraft): Map<number, 'half' | 'twice'> {
  const faults = new Map<number, 'half' | 'twice'>();
  const names = new Set<string>();
  for (const { key, name, value } of attributes) {
    if ((name.trim() === '') !== (value.trim() === '')) faults.set(key, 'half');
    else if (name.trim() !== '' && names.has(name.trim())) faults.set(key, 'twice');
    names.add(name.trim());
  }
  return faults;
}

/** Filled rows; empty ones are nobody's attribute. */
const attributesOf = ({ attributes }: ProductDraft): Attribute[] =>
  attributes
    .map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))
    .filter(({ name, value }) => name !== '' && value !== '');

/** The product that the fields make; undefined while something is missing. */
export function newProductOf(draft: ProductDraft): NewProduct | undefined {
  const { list, floor } = pricesOf(draft);
  const { currency, pictureId } = draft;
  return NewProduct.safeParse({
    title: draft.title,
    description: draft.description,
    attributes: attributesOf(draft),
    listPrice: { amount: list, currency },
    floorPrice: { amount: floor, currency },
    stock: readCount(draft.stock, 0, 1_000_000),
    pictureId,
  }).data;
}

/** What the fields change of a product; nothing that stays as it is is sent. */
export function editOf(draft: ProductDraft, before: DeskProduct): ProductEdit {
  const { list, floor } = pricesOf(draft);
  const variant = before.variants[0];
  const { currency } = draft;
  const attributes = attributesOf(draft);
  const edit: ProductEdit = {};
  if (draft.title.trim() !== before.title) edit.title = draft.title.trim();
  if (draft.description.trim() !== before.description) edit.description = draft.description.trim();
  if (!isSame(attributes, before.attributes)) edit.attributes = attributes;
  if (draft.pictureId !== before.pictureId) edit.pictureId = draft.pictureId ?? null;
  if (list !== undefined && list !== variant?.listPrice.amount) edit.listPrice = { amount: list, currency };
  if (floor !== undefined && floor !== variant?.floorPrice.amount)
    edit.floorPrice = { amount: floor, currency };
  return edit;
}

/**
 * Fields after the product was read anew: what the person changed stays as typed, all else is as it stands now.
 * @param before the product that the fields were filled from.
 */
export function rebase(draft: ProductDraft, before: DeskProduct, now: DeskProduct): ProductDraft {
  const [was, is] = [draftOf(before, draft.currency), draftOf(now, draft.currency)];
  const kept = <Name extends keyof ProductDraft>(name: Name): ProductDraft[Name] =>
    isSame(draft[name], was[name]) ? is[name] : draft[name];
  return {
    title: kept('title'),
    description: kept('description'),
    attributes: kept('attributes'),
    currency: is.currency,
    listPrice: kept('listPrice'),
    floorPrice: kept('floorPrice'),
    stock: draft.stock,
    pictureId: kept('pictureId'),
  };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
