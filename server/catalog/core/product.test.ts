import { expect, test } from 'vitest';
import { PictureId, VariantId } from '#contract/ids.ts';
import { money } from '../../platform/money.ts';
import { edited, withoutVariant, withVariant, withVariantEdited } from './product.ts';

const usd = (amount: number) => money(amount, 'USD');
const teapot = {
  title: 'Teapot',
  description: '',
  attributes: [],
  pictureId: PictureId.parse('pic_1'),
  variants: [{ listPrice: usd(4000), floorPrice: usd(2500) }],
  isRetired: false,
};

test('[M-V1] an edit changes what it names and leaves the rest', () => {
  expect(edited(teapot, { listPrice: usd(4200) })).toMatchObject({
    ok: true,
    value: {
      title: 'Teapot',
      pictureId: 'pic_1',
      variants: [{ listPrice: usd(4200), floorPrice: usd(2500) }],
    },
  });
  expect(edited(teapot, { pictureId: null })).toMatchObject({ value: { pictureId: undefined } });
});

test('[RULE-2] a list price cannot go below the floor, nor the floor above the list price', () => {
  expect(edited(teapot, { listPrice: usd(2499) })).toMatchObject({ refusal: 'price-below-floor' });
  expect(edited(teapot, { floorPrice: usd(4001) })).toMatchObject({ refusal: 'price-below-floor' });
  expect(edited(teapot, { listPrice: usd(100), floorPrice: usd(100) })).toMatchObject({ ok: true });
});

test('a price keeps its currency, and a retired product its words', () => {
  expect(edited(teapot, { listPrice: money(4000, 'EUR') })).toMatchObject({ refusal: 'currency-mismatch' });
  expect(edited({ ...teapot, isRetired: true }, { title: 'Pot' })).toMatchObject({
    refusal: 'product-retired',
  });
});

const variantOf = (name: string, more: { isRetired?: boolean; title?: string } = {}) => ({
  variantId: VariantId.parse(`var_${name}`),
  title: name,
  listPrice: usd(4000),
  floorPrice: usd(2500),
  isRetired: false,
  ...more,
});
const [small, large] = [variantOf('small'), variantOf('large')];
const ranged = { variants: [small, large], isRetired: false };
const namesOf = ({ variants }: { variants: { title?: string; isRetired: boolean }[] }) =>
  variants.map(({ title, isRetired }) => `${title}${isRetired ? ' (retired)' : ''}`);

test('[M-V1] a variant joins in the product’s currency, once, at a floor that fits', () => {
  const huge = variantOf('huge');
  const wider = withVariant(ranged, huge);
  expect(wider.ok && namesOf(wider.value)).toEqual(['small', 'large', 'huge']);
  expect(wider.ok && withVariant(wider.value, { ...huge, title: 'again' })).toEqual(wider);
  const euros = { ...huge, listPrice: money(1, 'EUR'), floorPrice: money(1, 'EUR') };
  expect(withVariant(ranged, euros)).toMatchObject({ refusal: 'currency-mismatch' });
  expect(withVariant(ranged, { ...huge, floorPrice: usd(4001) })).toMatchObject({
    refusal: 'price-below-floor',
  });
  expect(withVariant({ ...ranged, isRetired: true }, huge)).toMatchObject({ refusal: 'product-retired' });
  const full = { ...ranged, variants: Array.from({ length: 100 }, (_, n) => variantOf(`n${n}`)) };
  expect(withVariant(full, huge)).toMatchObject({ refusal: 'conflict' });
});

test('[M-V1] an edit of a variant changes that one and keeps its currency and floor', () => {
  const { variantId } = large;
  const after = withVariantEdited(ranged, variantId, { title: '900 ml', listPrice: usd(5000) });
  expect(after).toMatchObject({
    value: { variants: [small, { ...large, title: '900 ml', listPrice: usd(5000) }] },
  });
  expect(withVariantEdited(ranged, variantId, { listPrice: usd(2499) })).toMatchObject({
    refusal: 'price-below-floor',
  });
  expect(withVariantEdited(ranged, variantId, { floorPrice: money(1, 'JPY') })).toMatchObject({
    refusal: 'currency-mismatch',
  });
  expect(withVariantEdited(ranged, VariantId.parse('var_none'), {})).toMatchObject({ refusal: 'not-found' });
  const gone = { ...ranged, variants: [small, { ...large, isRetired: true }] };
  expect(withVariantEdited(gone, variantId, { title: 'x' })).toMatchObject({ refusal: 'product-retired' });
  expect(withVariantEdited({ ...ranged, isRetired: true }, variantId, {})).toMatchObject({
    refusal: 'product-retired',
  });
});

test('[M-V1] a retired variant stands behind those that are sold, and the last one retires the product', () => {
  const one = withoutVariant(ranged, small.variantId);
  if (!one.ok) throw new Error(one.refusal);
  expect(namesOf(one.value)).toEqual(['large', 'small (retired)']);
  expect(one.value.isRetired).toBe(false);
  expect(withoutVariant(one.value, small.variantId)).toEqual(one);
  const wider = withVariant(one.value, variantOf('huge'));
  expect(wider.ok && namesOf(wider.value)).toEqual(['large', 'huge', 'small (retired)']);
  const none = withoutVariant(one.value, large.variantId);
  expect(none).toMatchObject({ value: { isRetired: true } });
  expect(withoutVariant(ranged, VariantId.parse('var_none'))).toMatchObject({ refusal: 'not-found' });
});
