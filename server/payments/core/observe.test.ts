import { expect, test } from 'vitest';
import { faultOf } from './journal.ts';
import { decide, leftOf, type PaymentFact } from './observe.ts';

const fact = (more: Partial<PaymentFact> = {}): PaymentFact => ({
  intentId: 'pi_1',
  status: 'succeeded',
  purpose: 'order',
  subjectId: 'ord_1',
  attempt: 1,
  amount: { amount: 3000, currency: 'USD' },
  charge: { chargeId: 'ch_1', captured: 3000, at: 1 },
  refunds: [],
  disputes: [],
  look: '',
  fingerprint: 'print',
  card: { brand: 'visa', last4: '4242' },
  failureCode: undefined,
  at: 1,
  ...more,
});
const noCharge = { charge: undefined };
const refund = (amount: number, hasFailed = false) => ({
  serviceRefundId: `re_${amount}`,
  refundId: undefined,
  amount,
  hasFailed,
  at: 2,
});
const sums = (one: PaymentFact) =>
  decide(one).entries.map(({ causeId, legs }) => [causeId, legs[0]?.amount.amount, legs[1]?.amount.amount]);

test.each([
  ['requires_payment_method', {}, 'open'],
  ['requires_payment_method', { failureCode: 'card_declined' }, 'failed'],
  ['requires_confirmation', {}, 'open'],
  ['requires_action', {}, 'requires-action'],
  ['processing', {}, 'processing'],
  ['requires_capture', {}, 'authorised'],
  ['canceled', {}, 'cancelled'],
] as const)('[RULE-3] a payment that is %s %j is %s, and leaves no entry', (status, more, outcome) => {
  expect(decide(fact({ ...noCharge, ...more, status }))).toEqual({ outcome, entries: [] });
});

test('[S0.12] only a payment that succeeded is paid', () => {
  expect(decide(fact()).outcome).toBe('paid');
  expect(sums(fact())).toEqual([['charge:ch_1', 3000, -3000]]);
});

test('money that is only authorised leaves no entry', () => {
  const held = fact({ status: 'requires_capture', charge: { chargeId: 'ch_1', captured: 0, at: 1 } });
  expect(decide(held)).toEqual({ outcome: 'authorised', entries: [] });
});

test('a refund is an entry of its own; what is left counts failed ones as not given', () => {
  const half = fact({ refunds: [refund(1000)] });
  expect(decide(half).outcome).toBe('paid');
  expect(sums(half)).toEqual([
    ['charge:ch_1', 3000, -3000],
    ['refund:re_1000', -1000, 1000],
  ]);
  expect(leftOf(half)).toBe(2000);
  expect(leftOf(fact({ refunds: [refund(1000), refund(2000)] }))).toBe(0);
  expect(leftOf(fact({ refunds: [refund(1000), refund(2000, true)] }))).toBe(2000);
  expect(leftOf(fact(noCharge))).toBe(0);
});

test('a refund that failed comes back, and does not count', () => {
  const failed = fact({ refunds: [refund(3000, true)] });
  expect(decide(failed).outcome).toBe('paid');
  expect(sums(failed).map(([, amount]) => amount)).toEqual([3000, -3000, 3000]);
});

test('[M-O11] every entry balances', () => {
  for (const refunds of [[], [refund(1)], [refund(1), refund(2999)], [refund(3000, true)]])
    for (const entry of decide(fact({ refunds })).entries) expect(faultOf(entry)).toBeUndefined();
});
