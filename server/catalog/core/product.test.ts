import { expect, test } from 'vitest';
import { PictureId } from '#contract/ids.ts';
import { money } from '../../platform/money.ts';
import { edited } from './product.ts';

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
