import { beforeEach, expect, test } from 'vitest';
import { PayoutState } from '#contract/payments.ts';
import { overwriteGetLocale } from '../../paraglide/runtime.js';
import { disputeReason, missingOf, orderLook, payoutStates, priceSpan } from './words.ts';

beforeEach(() => {
  overwriteGetLocale(() => 'en');
});

const usd = (amount: number) => ({ amount, currency: 'USD' as const });

test('[M-V2] each state of payouts has words of its own, and what is missing is named once', () => {
  const said = PayoutState.options.map(
    (state) => `${payoutStates[state].words()} ${payoutStates[state].hint()}`,
  );
  expect(new Set(said).size).toBe(4);
  const fields = [
    'tos_acceptance.date',
    'tos_acceptance.ip',
    'external_account',
    'individual.dob.day',
    'odd_one',
  ];
  expect(missingOf(fields)).toEqual([
    'Acceptance of the terms',
    'A bank account',
    'Who runs the business',
    'odd_one',
  ]);
  expect(missingOf([])).toEqual([]);
});

test('an open dispute goes before the state, a decided one does not', () => {
  const dispute = (state: 'open' | 'won') => ({
    ...{ disputeId: 'dp_1', state, reason: 'fraudulent', amount: usd(1), at: '2026-01-01T00:00:00Z' },
  });
  expect(orderLook({ state: 'paid', dispute: dispute('open') }).tone).toBe('danger');
  expect(orderLook({ state: 'paid', dispute: dispute('won') }).words()).toBe('To send');
  expect(disputeReason('product_not_received')).toBe('nothing arrived');
  expect(disputeReason('check_returned')).toBe('check_returned');
});

test('prices of variants are one price or a span', () => {
  expect(priceSpan([usd(4000)])).toBe('$40.00');
  expect(priceSpan([usd(4000), usd(1200), usd(3000)])).toBe('$12.00 – $40.00');
});
