import { expect, test } from 'vitest';
import { OrderState } from '#contract/checkout.ts';
import { onMoney } from './money-came.ts';

const total = { amount: 3000, currency: 'USD' as const };
const order = (state: OrderState, more: { paidBy?: string; refused?: string[] } = {}) => ({
  state,
  total,
  paidBy: more.paidBy,
  refused: more.refused ?? [],
});
const payment = { intentId: 'pi_1', amount: total };

test('[M-O9] money makes the sale while the order lives or ends, and tries to afterwards', () => {
  expect(
    Object.fromEntries(OrderState.options.map((state) => [state, onMoney(order(state), payment)])),
  ).toEqual({
    pending: 'wait',
    held: 'complete',
    paying: 'complete',
    authorised: 'complete',
    paid: 'wait',
    fulfilled: 'wait',
    expiring: 'complete',
    expired: 'revive',
    cancelled: 'revive',
    refunded: 'refund',
  });
});

test('[S0.15] the payment that made the sale changes nothing when it is told again, whatever came since', () => {
  for (const state of OrderState.options)
    expect(onMoney(order(state, { paidBy: 'pi_1', refused: ['pi_1'] }), payment)).toBe('known');
});

test('a second payment, another amount, another currency and a payment turned away go back', () => {
  for (const state of OrderState.options) {
    expect(onMoney(order(state, { paidBy: 'pi_0' }), payment)).toBe('refund');
    expect(onMoney(order(state, { refused: ['pi_1'] }), payment)).toBe('refund');
    for (const amount of [
      { ...total, amount: 2999 },
      { ...total, amount: 3001 },
      { ...total, currency: 'EUR' as const },
    ])
      expect(onMoney(order(state), { intentId: 'pi_1', amount })).toBe('refund');
  }
});

test('[I14] money for an order whose stock is being freed waits until the order is over', () => {
  expect(onMoney({ ...order('expiring'), isFreeing: true }, payment)).toBe('wait');
  expect(onMoney({ ...order('expired'), isFreeing: true }, payment)).toBe('revive');
});
