import { expect, test } from 'vitest';
import { DeskProduct } from '#contract/catalog.ts';
import { attributeFaultsOf, draftOf, editOf, faultsOf, newProductOf, rebase } from './product-draft.ts';

const teapot = DeskProduct.parse({
  productId: 'prd_teapot',
  vendorId: 'vnd_aki',
  title: 'Celadon teapot',
  description: '600 ml',
  attributes: [{ name: 'Material', value: 'Stoneware' }],
  pictureId: 'pic_1',
  isRetired: false,
  version: 3,
  createdAt: '2026-01-01T00:00:00Z',
  variants: [
    {
      variantId: 'var_teapot',
      isRetired: false,
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
    attributes: [],
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

test('[M-V1] attributes are rows; an empty one is nobody’s, a half one and a name said twice are told', () => {
  const row = (key: number, name: string, value: string) => ({ key, name, value });
  const rows = [row(0, 'Material', 'Stoneware'), row(1, '', ''), row(2, ' Glaze ', 'celadon ')];
  const draft = { ...draftOf(teapot, 'USD'), attributes: rows };
  expect(attributeFaultsOf(draft).size).toBe(0);
  expect(editOf(draft, teapot)).toEqual({
    attributes: [
      { name: 'Material', value: 'Stoneware' },
      { name: 'Glaze', value: 'celadon' },
    ],
  });
  const wrong = { ...draft, attributes: [...rows, row(3, 'Glaze', 'jade'), row(4, 'Weight', '')] };
  expect([...attributeFaultsOf(wrong)]).toEqual([
    [3, 'twice'],
    [4, 'half'],
  ]);
});

test('[M-V1] after somebody else’s change what was typed stays, and the rest is as it stands now', () => {
  const draft = { ...draftOf(teapot, 'USD'), listPrice: '42', description: 'Holds 600 ml' };
  const now = DeskProduct.parse({
    ...teapot,
    title: 'Celadon teapot, new',
    description: 'theirs',
    attributes: [],
    version: 4,
  });
  const kept = rebase(draft, teapot, now);
  expect(kept).toMatchObject({ title: 'Celadon teapot, new', description: 'Holds 600 ml', attributes: [] });
  expect(editOf(kept, now)).toEqual({
    description: 'Holds 600 ml',
    listPrice: { amount: 4200, currency: 'USD' },
  });
});
