import { type DeskProduct, NewProduct, type ProductEdit } from '#contract/catalog.ts';
import type { PictureId } from '#contract/ids.ts';
import { type Currency, currencyDigits } from '#contract/money.ts';
import { amountText, readAmount, readCount } from '../../ui/amount-text.ts';

/** What stands in a product's fields, as typed. */
export type ProductDraft = {
  title: string;
  description: string;
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
      currency,
      listPrice: '',
      floorPrice: '',
      stock: '',
      pictureId: undefined,
    };
  const { title, description, pictureId } = product;
  const { listPrice, floorPrice } = variant;
  const digits = currencyDigits[listPrice.currency];
  return {
    title,
    description,
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

/** The product that the fields make; undefined while something is missing. */
export function newProductOf(draft: ProductDraft): NewProduct | undefined {
  const { list, floor } = pricesOf(draft);
  const { currency, pictureId } = draft;
  return NewProduct.safeParse({
    title: draft.title,
    description: draft.description,
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
  const edit: ProductEdit = {};
  if (draft.title.trim() !== before.title) edit.title = draft.title.trim();
  if (draft.description.trim() !== before.description) edit.description = draft.description.trim();
  if (draft.pictureId !== before.pictureId) edit.pictureId = draft.pictureId ?? null;
  if (list !== undefined && list !== variant?.listPrice.amount) edit.listPrice = { amount: list, currency };
  if (floor !== undefined && floor !== variant?.floorPrice.amount)
    edit.floorPrice = { amount: floor, currency };
  return edit;
}
