import { expect, test } from 'vitest';
import { ProductView } from '#contract/catalog.ts';
import { VariantId } from '#contract/ids.ts';
import { variantOf, variantsOf } from './variants.ts';

const variant = (variantId: string, available: number, isRetired = false) => ({
  variantId,
  listPrice: { amount: 4000, currency: 'USD' },
  stock: { available, held: 0, sold: 0, version: 1 },
  isRetired,
});
const product = ProductView.parse({
  productId: 'prd_1',
  vendorId: 'vnd_1',
  title: 'Teapot',
  description: '',
  attributes: [],
  variants: [variant('var_a', 0), variant('var_b', 3), variant('var_c', 5, true), variant('var_d', 1)],
  isRetired: false,
  version: 1,
});
const idOf = (chosen?: string) => variantOf(product, chosen ? VariantId.parse(chosen) : undefined)?.variantId;

test('[M-V1] what is no longer sold cannot be chosen', () => {
  expect(variantsOf(product).map(({ variantId }) => variantId)).toEqual(['var_a', 'var_b', 'var_d']);
});

test('[M-V1] the first that can be bought is chosen, until somebody chooses', () => {
  expect(idOf()).toBe('var_b');
  expect(idOf('var_d')).toBe('var_d');
  expect(idOf('var_a')).toBe('var_a');
  expect(idOf('var_c')).toBe('var_b');
});
