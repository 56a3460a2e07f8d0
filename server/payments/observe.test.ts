import { expect, test } from 'vitest';
import { VendorId } from '#contract/ids.ts';
import { processClock as clock } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import type { PaymentFact } from './core/observe.ts';
import { memoryInbox } from './inbox.memory.ts';
import { createPayments } from './index.ts';
import { memoryLedger } from './journal.memory.ts';
import type { ObservedPayment } from './ports.ts';
import type { PaymentService } from './service.ts';
import { memoryPaymentStore } from './store.memory.ts';

logger.level = 'silent';

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const blank: PaymentFact = {
  intentId: 'pi_1',
  status: 'requires_action',
  purpose: 'order',
  subjectId: 'ord_1',
  attempt: 1,
  amount: usd(3000),
  charge: undefined,
  refunds: [],
  disputes: [],
  look: '',
  fingerprint: 'print',
  card: undefined,
  failureCode: undefined,
  at: 1,
};
const charge = { chargeId: 'ch_1', captured: 3000, at: 2 };
/** A payment's life; each step is told by one event, which may come at any time after it. */
const life: PaymentFact[] = [
  blank,
  { ...blank, status: 'requires_payment_method', failureCode: 'authentication_failed' },
  { ...blank, status: 'processing' },
  { ...blank, status: 'succeeded', charge },
  {
    ...blank,
    status: 'succeeded',
    charge,
    refunds: [{ refundId: undefined, serviceRefundId: 're_1', amount: 1000, hasFailed: false, at: 3 }],
  },
  {
    ...blank,
    status: 'succeeded',
    charge,
    refunds: [
      { refundId: undefined, serviceRefundId: 're_1', amount: 1000, hasFailed: false, at: 3 },
      { refundId: undefined, serviceRefundId: 're_2', amount: 2000, hasFailed: false, at: 4 },
    ],
  },
];

function till() {
  let now = 0;
  let isPaid = false;
  const turns: string[] = [];
  const { journal, seals } = memoryLedger();
  const inbox = memoryInbox();
  const service: Partial<PaymentService> = { fetchPayment: async () => life[now] };
  const payments = createPayments({
    store: memoryPaymentStore(),
    inbox,
    journal,
    seals,
    // The rest of the port is not reached from here.
    stripe: service as PaymentService,
    clock,
    queues: { wake: async () => {} },
    identity: { vendors: { get: async () => ({ name: 'Vendor' }) } },
    config: {
      http: { publicUrl: '' },
      payments: { secretKey: 'sk_test_x', publishableKey: '', simulatorUrl: undefined, feePercent: 5 },
    },
  });
  const heard = (turn: string) => async (_payment: ObservedPayment) => void turns.push(turn);
  payments.registerOutcome({
    purpose: 'order',
    async paid() {
      if (isPaid) return 'kept';
      isPaid = true;
      turns.push('paid');
      return 'kept';
    },
    authorised: heard('authorised'),
    disputed: heard('disputed'),
    failed: heard('failed'),
    cancelled: heard('cancelled'),
    refunded: heard('refunded'),
  });
  return {
    payments,
    journal,
    turns,
    reach: (step: number) => {
      now = Math.max(now, step);
    },
    keep: (eventId: string) =>
      inbox.keep(
        {
          eventId,
          type: 'payment_intent.x',
          isLive: false,
          createdAt: new Date(0),
          intentId: 'pi_1',
          accountId: undefined,
        },
        new Date(0),
      ),
  };
}

const permutations = (list: number[]): number[][] =>
  list.length < 2
    ? [list]
    : list.flatMap((first) =>
        permutations(list.filter((one) => one !== first)).map((rest) => [first, ...rest]),
      );
const orders = permutations([0, 1, 2, 3, 4, 5]);

const bookOf = async ({ journal }: ReturnType<typeof till>) => ({
  entries: (await journal.entriesOf('')).map(({ causeId }) => causeId),
  balances: await journal.balances(),
});
const expected = {
  entries: ['charge:ch_1', 'refund:re_1', 'refund:re_2'],
  balances: [
    { account: 'payment-service', amount: usd(0) },
    { account: 'order:ord_1', amount: usd(0) },
  ],
};

test('[RULE-3] [M-O8] all 720 orders of six late events, each also doubled, give one ledger', async () => {
  expect(orders).toHaveLength(720);
  for (const order of orders) {
    const one = till();
    one.reach(5);
    for (const step of [...order, ...order.toReversed()]) {
      await one.keep(`evt_${step}`);
      await one.payments.handleEvent(`evt_${step}`);
    }
    expect(await bookOf(one), String(order)).toEqual(expected);
    expect(new Set(one.turns), String(order)).toEqual(new Set(['paid', 'refunded']));
  }
});

test('[RULE-3] all 720 orders of six events that come while the payment lives give one ledger', async () => {
  for (const order of orders) {
    const one = till();
    for (const step of order) {
      one.reach(step);
      await one.keep(`evt_${step}`);
      await one.payments.handleEvent(`evt_${step}`);
    }
    expect(await bookOf(one), String(order)).toEqual(expected);
    expect(one.turns.filter((turn) => turn === 'paid').length, String(order)).toBeLessThan(2);
    expect(one.turns.at(-1), String(order)).toBe('refunded');
  }
});

test('[M-O8] an event that was handled is not handled again, and one that failed is', async () => {
  const one = till();
  one.reach(3);
  await one.keep('evt_1');
  await Promise.all([one.payments.handleEvent('evt_1'), one.payments.handleEvent('evt_1')]);
  await one.payments.handleEvent('evt_1');
  expect(one.turns).toEqual(['paid']);
  await one.payments.handleEvent('evt_that_nobody_kept');
  expect(await one.payments.isPayable(VendorId.parse('vnd_1'))).toBe(false);
});
