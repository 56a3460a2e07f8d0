import { expect, test } from 'vitest';
import { DeskProduct } from '#contract/catalog.ts';
import {
  newVariantOf,
  soldOf,
  unitsOf,
  variantDraftOf,
  variantEditOf,
  variantFaultsOf,
} from './variant-draft.ts';

const jpy = (amount: number) => ({ amount, currency: 'JPY' as const });
const variant = (id: string, isRetired: boolean, available: number) => ({
  variantId: id,
  title: id.slice(4),
  listPrice: jpy(4000),
  floorPrice: jpy(3000),
  stock: { available, held: 1, sold: 2, version: 1 },
  isRetired,
});
const product = DeskProduct.parse({
  ...{ productId: 'prd_pot', vendorId: 'vnd_aki', title: 'Pot', description: '', attributes: [] },
  ...{ isRetired: false, version: 1, createdAt: '2026-01-01T00:00:00Z' },
  variants: [variant('var_large', false, 4), variant('var_small', true, 3)],
});
const typed = { title: ' 600 ml ', listPrice: '4200', floorPrice: '3000', stock: '5' };
const asked = { currency: 'JPY' as const, isNew: true, others: ['large'] };

test('[M-V1] filled fields make a variant in the product’s currency', () => {
  expect(variantFaultsOf(typed, asked)).toEqual({});
  expect(newVariantOf(typed, 'JPY')).toEqual({
    title: '600 ml',
    listPrice: jpy(4200),
    floorPrice: jpy(3000),
    stock: 5,
  });
});

test('[M-V1] a missing field, a floor above the price, a taken title and fractions of a yen are told', () => {
  expect(variantFaultsOf(variantDraftOf(undefined), asked)).toEqual({
    title: 'missing',
    listPrice: 'missing',
    floorPrice: 'missing',
    stock: 'missing',
  });
  expect(
    variantFaultsOf({ ...typed, title: 'large', listPrice: '2999', stock: '' }, { ...asked, isNew: false }),
  ).toEqual({ title: 'taken', floorPrice: 'above-list' });
  expect(variantFaultsOf({ ...typed, listPrice: '42.5' }, asked)).toEqual({ listPrice: 'missing' });
});

test('[M-V1] an edit of a variant sends what changed and nothing else', () => {
  const [large] = product.variants;
  if (!large) throw new Error('no variant');
  const draft = variantDraftOf(large);
  expect(variantEditOf(draft, large)).toEqual({});
  expect(variantEditOf({ ...draft, title: 'XL', floorPrice: '3100' }, large)).toEqual({
    title: 'XL',
    floorPrice: jpy(3100),
  });
});

test('[M-V1] retired variants are not sold, but their units still count', () => {
  expect(soldOf(product).map(({ title }) => title)).toEqual(['large']);
  expect(unitsOf(product)).toEqual({ available: 7, held: 2, sold: 4 });
});
