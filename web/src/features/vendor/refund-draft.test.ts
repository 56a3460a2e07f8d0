import { expect, test } from 'vitest';
import { DeskOrder } from '#contract/checkout.ts';
import { VariantId } from '#contract/ids.ts';
import {
  amountOf,
  obstacleOf,
  openUnits,
  type RefundDraft,
  refundFaultsOf,
  refundOf,
} from './refund-draft.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const cup = VariantId.parse('var_cup');
const tin = VariantId.parse('var_tin');
const line = (variantId: VariantId, quantity: number, subtotal: number, discount: number) => ({
  productId: `prd_${variantId.slice(4)}`,
  variantId,
  title: variantId,
  quantity,
  list: usd(subtotal / quantity),
  unit: usd(subtotal / quantity),
  subtotal: usd(subtotal),
  discount: usd(discount),
  total: usd(subtotal - discount),
});
// Goods 70.00 − 10.00, shipping 5.00, tax 6.50: 71.50.
const order = (change: object = {}) =>
  DeskOrder.parse({
    orderId: 'ord_1',
    state: 'paid',
    buyer: 'wei',
    lines: [line(cup, 3, 6000, 1000), line(tin, 1, 1000, 0)],
    totals: {
      goods: usd(7000),
      discount: usd(1000),
      shipping: usd(500),
      tax: usd(650),
      isTaxIncluded: false,
      total: usd(7150),
    },
    discounts: [],
    fee: usd(300),
    placedAt: '2026-01-01T00:00:00Z',
    refunds: [],
    refunded: usd(0),
    refundable: usd(7150),
    history: [],
    ...change,
  });
const refund = (change: object) => ({
  refundId: 'rfd_1',
  state: 'done',
  amount: usd(1834),
  lines: [{ variantId: cup, quantity: 1 }],
  units: 'restock',
  reason: 'chipped',
  by: 'vendor',
  at: '2026-01-01T00:00:00Z',
  ...change,
});
const draft = (change: Partial<RefundDraft> = {}): RefundDraft => ({
  kind: 'lines',
  quantities: {},
  amount: '',
  units: 'restock',
  reason: 'chipped',
  ...change,
});

test('[M-O10] all that is left goes back without naming an amount, so that it is still all when pressed', () => {
  const whole = draft({ kind: 'whole' });
  expect(amountOf(whole, order({ refundable: usd(3000) }))).toEqual(usd(3000));
  expect(refundOf(whole, order())).toEqual({ lines: [], units: 'restock', reason: 'chipped' });
});

test('[M-O10] units bring back what was paid for them with its tax, and the last ones the shipping', () => {
  // A cup: 50.00 of goods and 5.00 of tax (650 × 5000/6500) in three parts, the first with the odd cent.
  expect(amountOf(draft({ quantities: { [cup]: 1 } }), order())).toEqual(usd(1834));
  expect(amountOf(draft({ quantities: { [cup]: 3 } }), order())).toEqual(usd(5500));
  expect(amountOf(draft({ quantities: { [tin]: 1 } }), order())).toEqual(usd(1100));
  expect(amountOf(draft({ quantities: { [cup]: 3, [tin]: 1 } }), order())).toEqual(usd(7150));
  const after = order({ refunds: [refund({})], refunded: usd(1834), refundable: usd(5316) });
  expect(amountOf(draft({ quantities: { [cup]: 1 } }), after)).toEqual(usd(1833));
  expect(amountOf(draft({ quantities: { [cup]: 2, [tin]: 1 } }), after)).toEqual(usd(5316));
  const included = order({ totals: { ...order().totals, isTaxIncluded: true, total: usd(6500) } });
  expect(amountOf(draft({ quantities: { [tin]: 1 } }), included)).toEqual(usd(1000));
});

test('[M-O10] what was shown is what is asked for, with the units that come back', () => {
  expect(refundOf(draft({ quantities: { [cup]: 1 } }), order())).toEqual({
    lines: [{ variantId: cup, quantity: 1 }],
    amount: usd(1834),
    units: 'restock',
    reason: 'chipped',
  });
  const some = draft({ kind: 'amount', amount: '5', quantities: { [cup]: 1 }, reason: ' late ' });
  expect(refundOf(some, order())).toEqual({
    lines: [{ variantId: cup, quantity: 1 }],
    amount: usd(500),
    units: 'restock',
    reason: 'late',
  });
  expect(refundOf({ ...some, units: 'keep' }, order())?.lines).toEqual([]);
});

test('[M-O10] a refund without reason, without units, or above what is left is not asked', () => {
  expect(refundFaultsOf(draft({ reason: ' ' }), order())).toEqual({
    quantities: 'missing',
    reason: 'missing',
  });
  expect(refundFaultsOf(draft({ kind: 'amount' }), order())).toEqual({
    amount: 'missing',
    quantities: 'missing',
  });
  const much = draft({ kind: 'amount', amount: '71.51', units: 'keep' });
  expect(refundFaultsOf(much, order())).toEqual({ amount: 'too-large' });
  expect(refundOf(much, order())).toBeUndefined();
  expect(refundFaultsOf(draft({ kind: 'whole' }), order())).toEqual({});
});

test('[M-O10] units named by a refund that failed are open again', () => {
  expect(openUnits(order({ refunds: [refund({})] }), cup)).toBe(2);
  expect(openUnits(order({ refunds: [refund({ state: 'failed' })] }), cup)).toBe(3);
});

test('[M-V3] an impossible refund has its reason', () => {
  const dispute = (state: string) => ({
    disputeId: 'dp_1',
    state,
    reason: 'fraudulent',
    amount: usd(7150),
    at: '2026-01-01T00:00:00Z',
  });
  expect(obstacleOf(order())).toBeUndefined();
  expect(obstacleOf(order({ state: 'authorised' }))).toBe('not-paid');
  expect(obstacleOf(order({ state: 'refunded', refundable: usd(0) }))).toBe('all-back');
  expect(obstacleOf(order({ dispute: dispute('open'), refundable: usd(0) }))).toBe('dispute-open');
  expect(obstacleOf(order({ dispute: dispute('lost'), refundable: usd(0) }))).toBe('dispute-lost');
  expect(obstacleOf(order({ dispute: dispute('won') }))).toBeUndefined();
});
