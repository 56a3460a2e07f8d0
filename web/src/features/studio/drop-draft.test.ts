import { expect, test } from 'vitest';
import { ProductId } from '#contract/ids.ts';
import { emptyDraft, readDraft } from './drop-draft.ts';

const teapot = ProductId.parse('prd_teapot');
const tin = ProductId.parse('prd_tin');
const prices = new Map([
  [teapot, { amount: 4000, currency: 'USD' as const }],
  [tin, { amount: 1200, currency: 'USD' as const }],
]);
const draft = {
  ...emptyDraft(),
  title: ' Tea tin drop ',
  amountOff: '3.00',
  minimumSpend: '12',
  productIds: [tin],
  stock: '20',
};

test('[S3.1] a filled composer makes the drop that the server is asked for', () => {
  const { form, faults } = readDraft(draft, 'USD', prices);
  expect(faults).toEqual([]);
  expect(form).toEqual({
    title: 'Tea tin drop',
    coupon: { kind: 'fixed', amountOff: { amount: 300, currency: 'USD' } },
    minimumSpend: { amount: 1200, currency: 'USD' },
    productIds: [tin],
    stock: 20,
    perViewer: 1,
    claimWindowMs: 180_000,
    validity: { kind: 'after-grant', minutes: 15 },
    funders: [{ funder: 'vendor', basisPoints: 10_000 }],
  });
});

test('[S3.1] the worst case is coupons times the amount off, and stands there before the rest is filled in', () => {
  expect(readDraft(draft, 'USD', prices).worst).toEqual({ amount: 6000, currency: 'USD' });
  const { worst, form } = readDraft({ ...draft, title: '', productIds: [] }, 'USD', prices);
  expect([worst?.amount, form]).toEqual([6000, undefined]);
  expect(readDraft({ ...draft, stock: '' }, 'USD', prices).worst).toBeUndefined();
});

test('the lowest price is of the cheapest goods that reach the minimum, and never below nothing', () => {
  const lowest = (change: Partial<typeof draft>) =>
    readDraft({ ...draft, ...change }, 'USD', prices).lowest?.amount;
  expect(lowest({})).toBe(900);
  expect(lowest({ productIds: [teapot, tin], minimumSpend: '20' })).toBe(3700);
  expect(lowest({ amountOff: '15', minimumSpend: '' })).toBe(0);
  expect(lowest({ minimumSpend: '50' })).toBeUndefined();
});

test('what is missing or no figure is named, field by field', () => {
  expect(readDraft(emptyDraft(), 'USD', prices).faults).toEqual([
    'title',
    'amountOff',
    'productIds',
    'stock',
  ]);
  const wrong = { ...draft, amountOff: '0', minimumSpend: 'x', stock: '0' };
  expect(readDraft(wrong, 'USD', prices).faults).toEqual(['amountOff', 'minimumSpend', 'stock']);
  expect(readDraft({ ...draft, amountOff: '3.50' }, 'JPY', prices).faults).toEqual(['amountOff']);
});
