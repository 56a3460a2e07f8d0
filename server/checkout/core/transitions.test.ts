import { expect, test } from 'vitest';
import { OrderState } from '#contract/checkout.ts';
import { may, payable, type Transition, transitions } from './transitions.ts';

const ways = Object.entries(transitions) as [Transition, (typeof transitions)[Transition]][];
const next = (state: OrderState): OrderState[] =>
  ways.filter(([way]) => may(way, state)).map(([, { to }]) => to);

test('every state goes exactly where it may', () => {
  const table = Object.fromEntries(OrderState.options.map((state) => [state, new Set(next(state))]));
  expect(table).toEqual({
    pending: new Set(['held', 'expiring']),
    held: new Set(['paying', 'paid', 'expiring']),
    paying: new Set(['held', 'authorised', 'paid', 'expiring']),
    authorised: new Set(['paid', 'expiring']),
    paid: new Set(['fulfilled', 'refunded']),
    fulfilled: new Set(['refunded']),
    expiring: new Set(['paid', 'expired', 'cancelled']),
    cancelled: new Set(['paid', 'refunded']),
    expired: new Set(['paid', 'refunded']),
    refunded: new Set([]),
  });
});

test('[S0.16] an order ends only through expiring, where its payment is called off first', () => {
  for (const state of OrderState.options)
    if (next(state).includes('expired') || next(state).includes('cancelled')) expect(state).toBe('expiring');
});

test('every state is reached from a placed order, and money can come to an end from each', () => {
  const seen = new Set<OrderState>(['pending']);
  for (const state of seen) for (const to of next(state)) seen.add(to);
  expect([...seen].toSorted()).toEqual([...OrderState.options].toSorted());
});

test('paying begins from held alone', () => {
  expect(Object.fromEntries(OrderState.options.map((state) => [state, payable(state)]))).toEqual({
    pending: 'order-not-payable',
    held: 'begin',
    paying: 'under-way',
    authorised: 'order-not-payable',
    paid: 'paid',
    fulfilled: 'paid',
    expiring: 'hold-ended',
    expired: 'hold-ended',
    cancelled: 'order-not-payable',
    refunded: 'order-not-payable',
  });
});
