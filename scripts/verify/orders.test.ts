import { expect, test } from 'vitest';
import { orderDifferences, type PassageEntry, type StoredOrder } from './orders.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const leg = (account: string, amount: number) => ({ account, amount: usd(amount) });
const order: StoredOrder = {
  orderId: 'ord_1',
  state: 'paid',
  vendorId: 'vnd_1',
  channelId: 'ch_1',
  total: usd(3000),
  fee: usd(150),
  discounts: [
    { funder: 'host', amount: usd(300) },
    { funder: 'platform', amount: usd(200) },
    { funder: 'vendor', amount: usd(500) },
  ],
  paid: { chargeId: 'ch_1' },
  refunds: [
    {
      refundId: 'rfd_1',
      serviceRefundId: 're_1',
      state: 'done',
      amount: usd(1000),
      share: {
        amount: usd(1000),
        fee: usd(50),
        ofCharge: usd(950),
        ofPlatform: usd(167),
        discounts: [
          { funder: 'host', amount: usd(100) },
          { funder: 'platform', amount: usd(67) },
          { funder: 'vendor', amount: usd(167) },
        ],
      },
    },
  ],
  changedAt: 0,
};
const entries: PassageEntry[] = [
  { causeId: 'charge:ch_1', legs: [leg('payment-service', 3000), leg('order:ord_1', -3000)] },
  {
    causeId: 'sale:ord_1',
    legs: [
      leg('order:ord_1', 3000),
      leg('vendor:vnd_1', -3350),
      leg('platform:fees', -150),
      leg('platform:discounts', 200),
      leg('host:ch_1', 300),
    ],
  },
  { causeId: 'refund:re_1', legs: [leg('payment-service', -1000), leg('order:ord_1', 1000)] },
  {
    causeId: 'return:re_1',
    legs: [
      leg('order:ord_1', -1000),
      leg('vendor:vnd_1', 1117),
      leg('platform:fees', 50),
      leg('platform:discounts', -67),
      leg('host:ch_1', -100),
    ],
  },
];
const without = (cause: string) => entries.filter(({ causeId }) => causeId !== cause);
const plus = (causeId: string, legs: PassageEntry['legs']) => [...entries, { causeId, legs }];
const firstOf = (
  changed: Partial<StoredOrder>,
  all: readonly PassageEntry[] = entries,
  isYoung = false,
): string | undefined => orderDifferences({ ...order, ...changed }, all, { isYoung })[0]?.where;
const refundWith = (more: Partial<StoredOrder['refunds'][number]>) =>
  order.refunds.map((refund) => ({ ...refund, ...more }));

test('[M-O11] an order that equals its entries leaves no difference, a sale and a part given back', () => {
  expect(orderDifferences(order, entries, { isYoung: false })).toEqual([]);
});

test.each([
  ['paid total', firstOf({ total: usd(3001) })],
  ['paid total', firstOf({ paid: { chargeId: 'ch_2' } })],
  ['fee', firstOf({ fee: usd(151) })],
  ['discount by platform', firstOf({ discounts: [{ funder: 'host', amount: usd(300) }] })],
  ['discount by host', firstOf({ discounts: [{ funder: 'platform', amount: usd(200) }] })],
  ['what the vendor gets', firstOf({ vendorId: 'vnd_2' })],
  ['sale', firstOf({}, without('sale:ord_1'))],
  ['sale', firstOf({ paid: undefined })],
  ['refund rfd_1', firstOf({ refunds: refundWith({ amount: usd(999) }) })],
  ['refund rfd_1', firstOf({ refunds: refundWith({ state: 'failed' }) })],
  ['refund rfd_1', firstOf({ refunds: refundWith({ serviceRefundId: undefined }) })],
  ['refund rfd_1', firstOf({}, without('refund:re_1'))],
  ['refund rfd_1', firstOf({}, without('return:re_1'))],
  ['refunds', firstOf({ refunds: [] })],
  [
    'refund rfd_1: fee',
    firstOf({
      refunds: order.refunds.map((one) => ({
        ...one,
        share: { ...one.share, fee: usd(51), ofCharge: usd(949) },
      })),
    }),
  ],
  ['refunds', firstOf({}, plus('charge:ch_2', [leg('payment-service', 5), leg('order:ord_1', -5)]))],
  ['passage', firstOf({}, plus('return:re_x', [leg('vendor:vnd_1', 5), leg('order:ord_1', -5)]))],
  [
    'refunds',
    firstOf(
      {
        refunds: [
          ...order.refunds,
          ...refundWith({ refundId: 'rfd_2', serviceRefundId: undefined, state: 'asked' }),
        ],
      },
      plus('refund:re_2', [leg('payment-service', -2001), leg('order:ord_1', 2001)]),
    ),
  ],
  ['state', firstOf({ state: 'refunded' })],
  ['state', firstOf({ state: 'expired' })],
  ['passage', firstOf({ state: 'expired', paid: undefined, refunds: [] }, entries.slice(0, 1))],
])('[M-O11] a planted difference is named first: %s', (name, where) => {
  expect(where).toBe(`ord_1: ${name}`);
});

test('[M-O11] what is under way is no difference yet, and a wrong amount is one at once', () => {
  const justPaid = { refunds: [], state: 'paid' };
  expect(firstOf(justPaid, entries.slice(0, 1), true)).toBeUndefined();
  expect(firstOf(justPaid, entries.slice(0, 1), false)).toBe('ord_1: sale');
  expect(firstOf({ ...justPaid, total: usd(2999) }, entries.slice(0, 1), true)).toBe('ord_1: paid total');
});

test('[M-O9] a second payment that was turned away and went back is no difference', () => {
  const second = [
    { causeId: 'charge:ch_2', legs: [leg('payment-service', 3000), leg('order:ord_1', -3000)] },
    { causeId: 'refund:re_2', legs: [leg('payment-service', -3000), leg('order:ord_1', 3000)] },
  ];
  expect(firstOf({}, [...entries, ...second])).toBeUndefined();
  expect(firstOf({}, [...entries, ...second.slice(0, 1)])).toBe('ord_1: refunds');
});

test('[M-O10] money that came too late and went back is no sale and leaves no difference', () => {
  const late = { state: 'refunded', paid: undefined };
  const moved = entries.filter(({ causeId }) => causeId === 'charge:ch_1');
  const all = [
    ...moved,
    { causeId: 'refund:re_1', legs: [leg('payment-service', -3000), leg('order:ord_1', 3000)] },
  ];
  expect(firstOf({ ...late, refunds: refundWith({ amount: usd(3000) }) }, all)).toBeUndefined();
  expect(firstOf({ ...late, refunds: refundWith({ amount: usd(3000) }) }, moved)).toBe('ord_1: refund rfd_1');
});
