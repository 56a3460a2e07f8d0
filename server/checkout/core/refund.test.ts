import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrderLine } from '#contract/checkout.ts';
import { ProductId, RefundId, VariantId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import {
  decideRefund,
  observeRefunds,
  type Refund,
  type RefundableOrder,
  refundableOf,
  refundedOf,
  returnedOf,
} from './refund.ts';

const usd = (amount: number): Money => ({ amount, currency: 'USD' });
const variant = (index: number) => VariantId.parse(`var_${index}`);
const share = (amount: Money) => ({
  amount,
  fee: usd(0),
  ofCharge: amount,
  ofPlatform: usd(0),
  discounts: [],
});
const lineOf = (index: number, quantity: number, total: number): OrderLine => ({
  productId: ProductId.parse('prd_1'),
  variantId: variant(index),
  title: 'Teapot',
  quantity,
  list: usd(total),
  unit: usd(total),
  subtotal: usd(total),
  discount: usd(0),
  total: usd(total),
});
const orderOf = (lines: OrderLine[], shipping = 0, tax = 0): RefundableOrder => {
  const goods = lines.reduce((sum, { total }) => sum + total.amount, 0);
  return {
    state: 'paid',
    isPaid: true,
    isDisputed: false,
    lines,
    totals: {
      goods: usd(goods),
      discount: usd(0),
      shipping: usd(shipping),
      tax: usd(tax),
      isTaxIncluded: false,
      total: usd(goods + shipping + tax),
    },
    refunds: [],
  };
};
let count = 0;
const refundOf = (amount: Money, more: Partial<Refund> = {}): Refund => {
  count += 1;
  return {
    refundId: RefundId.parse(`rfd_${count}`),
    serviceRefundId: undefined,
    state: 'done',
    amount,
    share: share(amount),
    lines: [],
    units: 'keep',
    reason: '',
    by: 'vendor',
    at: 0,
    doneAt: 0,
    askDigest: '',
    ...more,
  };
};

test('[M-O10] refunds of any lines in any order sum to what was paid, never more, and each unit comes back once', () => {
  const wish = fc.record({ index: fc.nat(2), quantity: fc.integer({ min: 1, max: 4 }) });
  const orders = fc.record({
    lines: fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 5 }), total: fc.nat(10_000) }), {
      minLength: 1,
      maxLength: 3,
    }),
    shipping: fc.nat(900),
    tax: fc.nat(900),
    wishes: fc.array(wish, { maxLength: 10 }),
  });
  fc.assert(
    fc.property(orders, ({ lines, shipping, tax, wishes }) => {
      const order = orderOf(
        lines.map(({ quantity, total }, index) => lineOf(index, quantity, total)),
        shipping,
        tax,
      );
      let refunds: Refund[] = [];
      const give = (ask: Parameters<typeof decideRefund>[1]) => {
        const decided = decideRefund({ ...order, refunds }, ask);
        if (decided.ok)
          refunds = [...refunds, refundOf(decided.value.amount, { lines: decided.value.lines })];
      };
      for (const { index, quantity } of wishes) give({ lines: [{ variantId: variant(index), quantity }] });
      expect(refundedOf({ ...order, refunds }).amount).toBeLessThanOrEqual(order.totals.total.amount);
      give({ lines: [] });
      expect(refundableOf({ ...order, refunds }).amount).toBe(0);
      for (const { variantId, quantity } of order.lines)
        expect(returnedOf(refunds, variantId)).toBeLessThanOrEqual(quantity);
    }),
    { numRuns: 300 },
  );
});

test('[M-O10] units of one line share its total by largest remainder, and shipping waits for the last', () => {
  const order = orderOf([lineOf(0, 3, 1000), lineOf(1, 1, 500)], 700);
  const one = { lines: [{ variantId: variant(0), quantity: 1 }] };
  const refunds: Refund[] = [];
  const amounts = [1, 2, 3].map(() => {
    const decided = decideRefund({ ...order, refunds }, one);
    if (!decided.ok) throw new Error(decided.refusal);
    refunds.push(refundOf(decided.value.amount, { lines: decided.value.lines }));
    return decided.value.amount.amount;
  });
  expect(amounts).toEqual([334, 333, 333]);
  expect(decideRefund({ ...order, refunds }, one)).toMatchObject({ refusal: 'more-than-bought' });
  const last = { lines: [{ variantId: variant(1), quantity: 1 }] };
  expect(decideRefund({ ...order, refunds }, last)).toMatchObject({ value: { amount: usd(1200) } });
});

test('[M-O10] an unpaid, a disputed and an emptied order have nothing to refund; a failed refund frees its amount', () => {
  const order = orderOf([lineOf(0, 1, 1000)]);
  const all = { lines: [] };
  for (const odd of [{ isPaid: false }, { isDisputed: true }, { state: 'expired' as const }])
    expect(decideRefund({ ...order, ...odd }, all)).toMatchObject({ refusal: 'not-refundable' });
  const given = refundOf(usd(1000), { lines: [{ variantId: variant(0), quantity: 1 }] });
  expect(decideRefund({ ...order, refunds: [given] }, all)).toMatchObject({ refusal: 'not-refundable' });
  // Units that went back before their refund failed are not bought any more.
  const failed = { ...given, state: 'failed' as const };
  expect(decideRefund({ ...order, refunds: [failed] }, all)).toMatchObject({
    value: { amount: usd(1000), lines: [] },
  });
  const never = { ...failed, doneAt: undefined };
  expect(decideRefund({ ...order, refunds: [never] }, all)).toMatchObject({ value: { lines: given.lines } });
});

test('[M-O10] what is seen at the payment service makes ours done, then failed, and notes what is not ours, each once', () => {
  const asked = refundOf(usd(300), { state: 'asked', doneAt: undefined });
  const order = { ...orderOf([lineOf(0, 1, 1000)]), refunds: [asked] };
  const beside: number[][] = [];
  const look = (refunds: readonly Refund[], hasFailed = false) =>
    observeRefunds(
      { ...order, refunds },
      [
        { serviceRefundId: 're_1', refundId: asked.refundId, amount: usd(300), hasFailed, at: 5 },
        { serviceRefundId: 're_2', refundId: undefined, amount: usd(600), hasFailed: false, at: 6 },
      ],
      (standing, amount) => {
        beside.push(standing.map((one) => one.amount.amount));
        return share(amount);
      },
    );
  const first = look(order.refunds);
  expect(first.turns.map(({ to }) => to)).toEqual(['done', 'done']);
  expect(first.refunds).toMatchObject([
    { state: 'done', serviceRefundId: 're_1', doneAt: 5 },
    { state: 'done', by: 'payment-service', units: 'keep', amount: usd(600) },
  ]);
  expect(beside).toEqual([[300]]);
  // What is only asked for gives way where there is no room for both.
  const large = [{ serviceRefundId: 're_3', refundId: undefined, amount: usd(800), hasFailed: false, at: 7 }];
  observeRefunds(order, large, (standing, amount) => {
    beside.push(standing.map((one) => one.amount.amount));
    return share(amount);
  });
  expect(beside).toEqual([[300], []]);
  expect(look(first.refunds).turns).toEqual([]);
  const later = look(first.refunds, true);
  expect(later.turns).toMatchObject([{ to: 'failed', refund: { doneAt: 5 } }]);
  expect(look(later.refunds, true).turns).toEqual([]);
  expect(order.refunds).toEqual([asked]);
});
