import { expect, test } from 'vitest';
import { DeskProduct } from '#contract/catalog.ts';
import { draftOf, editOf, faultsOf, newProductOf } from './product-draft.ts';

const teapot = DeskProduct.parse({
  productId: 'prd_teapot',
  vendorId: 'vnd_aki',
  title: 'Celadon teapot',
  description: '600 ml',
  pictureId: 'pic_1',
  isRetired: false,
  version: 3,
  createdAt: '2026-01-01T00:00:00Z',
  variants: [
    {
      variantId: 'var_teapot',
      listPrice: { amount: 4000, currency: 'USD' },
      floorPrice: { amount: 3000, currency: 'USD' },
      stock: { available: 7, held: 2, sold: 1, version: 9 },
    },
  ],
});
const typed = {
  ...draftOf(undefined, 'USD'),
  title: 'Tea tin',
  listPrice: '12',
  floorPrice: '8.00',
  stock: '50',
};

test('[S0.17] filled fields make a product with price, floor and stock', () => {
  expect(faultsOf(typed, true)).toEqual({});
  expect(newProductOf(typed)).toEqual({
    title: 'Tea tin',
    description: '',
    listPrice: { amount: 1200, currency: 'USD' },
    floorPrice: { amount: 800, currency: 'USD' },
    stock: 50,
  });
});

test('what is missing is named, and a floor above the price is told apart', () => {
  expect(faultsOf(draftOf(undefined, 'USD'), true)).toEqual({
    title: 'missing',
    listPrice: 'missing',
    floorPrice: 'missing',
    stock: 'missing',
  });
  expect(faultsOf({ ...typed, floorPrice: '12.01' }, true)).toEqual({ floorPrice: 'above-list' });
  expect(faultsOf({ ...typed, stock: '' }, false)).toEqual({});
});

test('an edit sends what changed and nothing else', () => {
  const draft = draftOf(teapot, 'EUR');
  expect([draft.listPrice, draft.floorPrice, draft.currency]).toEqual(['40.00', '30.00', 'USD']);
  expect(editOf(draft, teapot)).toEqual({});
  expect(editOf({ ...draft, listPrice: '42', pictureId: undefined }, teapot)).toEqual({
    listPrice: { amount: 4200, currency: 'USD' },
    pictureId: null,
  });
});
