import type { TestMoneyAct, TestMoneyFaultKind, TestMoneyKind } from '#contract/operations.ts';
import { m } from '../../paraglide/messages.js';

/** What each kind of object is called, in the order of the tabs. */
export const kinds: Record<TestMoneyKind, () => string> = {
  events: m.sim_events,
  payments: m.sim_payments,
  refunds: m.sim_refunds,
  transfers: m.sim_transfers,
  disputes: m.sim_disputes,
};

/** The button of each act; `seconds` is how late a delayed event will be. */
export const actWords: Record<TestMoneyAct, (delay: { seconds: number }) => string> = {
  replay: () => m.sim_replay(),
  delay: (delay) => m.sim_delay(delay),
  double: () => m.sim_double(),
  lose: () => m.sim_lose(),
  dispute: () => m.sim_dispute(),
  win: () => m.sim_win(),
  'lose-dispute': () => m.sim_lose_dispute(),
  'fail-refund': () => m.sim_fail_refund(),
};

/** What each failure does, for people. */
export const faultWords: Record<TestMoneyFaultKind, () => string> = {
  'webhook-lost': m.sim_fault_webhook_lost,
  'webhook-doubled': m.sim_fault_webhook_doubled,
  'webhook-delayed': m.sim_fault_webhook_delayed,
  'webhook-reordered': m.sim_fault_webhook_reordered,
  '429': m.sim_fault_429,
  '500-before': m.sim_fault_500_before,
  '500-after': m.sim_fault_500_after,
  'timeout-after': m.sim_fault_timeout_after,
  'reset-mid-body': m.sim_fault_reset_mid_body,
  delay: m.sim_fault_delay,
};

/** Words for the states an event or an object is in; the payment service's own word where there is none of ours. */
const statusWords: Record<string, () => string> = {
  waiting: m.sim_waiting,
  taken: m.sim_taken,
  lost: m.sim_lost,
};

export const statusOf = (kind: TestMoneyKind, status: string): string =>
  (kind === 'events' ? statusWords[status]?.() : undefined) ?? status.replaceAll('_', ' ');

/** The look of a state's badge. */
export const toneOf = (status: string): 'ok' | 'held' | 'danger' | '' => {
  if (['taken', 'succeeded', 'paid', 'won'].includes(status)) return 'ok';
  if (['lost', 'failed', 'canceled'].includes(status)) return 'danger';
  return ['waiting', 'processing', 'disputed', 'needs_response', 'under_review'].includes(status)
    ? 'held'
    : '';
};
