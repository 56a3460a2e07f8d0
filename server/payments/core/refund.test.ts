import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Currency } from '#contract/money.ts';
import { balancesOf, faultOf } from './journal.ts';
import { type RefundShare, returnEntry, shareOfRefund } from './refund.ts';
import { saleEntry, shareOf } from './sale.ts';

const anySale = fc
  .record({
    currency: fc.constantFrom(...Currency.options),
    paid: fc.integer({ min: 1, max: 99_999_999 }),
    feePercent: fc.integer({ min: 0, max: 100 }),
    off: fc.tuple(fc.nat(100_000), fc.nat(100_000), fc.nat(100_000)),
    hasHost: fc.boolean(),
    cuts: fc.array(fc.nat(1_000_000), { maxLength: 8 }),
  })
  .map(({ currency, paid, feePercent, off, hasHost, cuts }) => {
    const of = (amount: number) => ({ amount, currency });
    const points = [0, ...cuts.map((cut) => Math.round((paid * cut) / 1_000_000)), paid].toSorted(
      (a, b) => a - b,
    );
    return {
      sale: {
        subject: 'order:ord_1' as const,
        causeId: 'sale:ord_1',
        vendorId: 'vnd_1',
        hostId: hasHost ? 'ch_1' : undefined,
        paid: of(paid),
        fee: of(Math.round((paid * feePercent) / 100)),
        discounts: (['vendor', 'host', 'platform'] as const).map((funder, index) => ({
          funder,
          amount: of(off[index] ?? 0),
        })),
        at: 0,
      },
      refunds: points.slice(1).map((end, index) => of(end - (points[index] ?? 0))),
    };
  });

test('[M-O10] [I18] shares of any refunds never exceed the sale’s, and at full refund sum to them exactly, in every currency', () => {
  fc.assert(
    fc.property(anySale, ({ sale, refunds }) => {
      const { currency } = sale.paid;
      const whole = shareOf(sale);
      const standing: RefundShare[] = [];
      const sums = { back: 0, fee: 0, ofCharge: 0, ofPlatform: 0, discounts: [0, 0, 0] };
      for (const amount of refunds) {
        const share = shareOfRefund(sale, standing, amount);
        standing.push(share);
        expect(share.fee.amount + share.ofCharge.amount).toBe(amount.amount);
        for (const part of [
          share.fee,
          share.ofCharge,
          share.ofPlatform,
          ...share.discounts.map((one) => one.amount),
        ]) {
          expect(part.amount).toBeGreaterThanOrEqual(0);
          expect(part.currency).toBe(currency);
        }
        sums.back += amount.amount;
        sums.fee += share.fee.amount;
        sums.ofCharge += share.ofCharge.amount;
        sums.ofPlatform += share.ofPlatform.amount;
        sums.discounts = sums.discounts.map(
          (sum, index) => sum + (share.discounts[index]?.amount.amount ?? 0),
        );
        expect(sums.fee).toBeLessThanOrEqual(sale.fee.amount);
        expect(sums.ofCharge).toBeLessThanOrEqual(whole.ofCharge.amount);
        expect(sums.ofPlatform).toBeLessThanOrEqual(whole.ofPlatform.amount);
      }
      expect(sums).toEqual({
        back: sale.paid.amount,
        fee: sale.fee.amount,
        ofCharge: whole.ofCharge.amount,
        ofPlatform: whole.ofPlatform.amount,
        discounts: sale.discounts.map(({ amount }) => amount.amount),
      });
    }),
    { numRuns: 3000 },
  );
});

test('[M-O10] [M-O11] entries of returns balance, undo the sale to the unit, and a failed one books itself back', () => {
  fc.assert(
    fc.property(anySale, ({ sale, refunds }) => {
      const entries = [saleEntry(sale)];
      const standing: RefundShare[] = [];
      for (const [index, amount] of refunds.entries()) {
        if (amount.amount === 0) continue;
        const share = shareOfRefund(sale, standing, amount);
        standing.push(share);
        const one = { ...sale, serviceRefundId: `re_${index}`, share };
        const returned = returnEntry(one, 'return');
        const undone = [returned, returnEntry(one, 'return-failed')];
        for (const entry of undone) expect(faultOf(entry)).toBeUndefined();
        expect(
          balancesOf(undone.flatMap(({ legs }) => legs)).every(({ amount: sum }) => sum.amount === 0),
        ).toBe(true);
        entries.push(returned);
      }
      for (const { account, amount } of balancesOf(entries.flatMap(({ legs }) => legs)))
        expect(Math.abs(amount.amount), account).toBe(0);
    }),
    { numRuns: 2000 },
  );
});

test('[M-O10] [I18] whichever refunds fail in between, what stands at the end sums to the sale exactly', () => {
  fc.assert(
    fc.property(anySale, fc.array(fc.nat(1_000_000)), ({ sale, refunds }, dice) => {
      const { currency } = sale.paid;
      const whole = shareOf(sale);
      let standing: RefundShare[] = [];
      const total = (amounts: { amount: number }[]) => amounts.reduce((sum, one) => sum + one.amount, 0);
      const give = (amount: number) => standing.push(shareOfRefund(sale, standing, { amount, currency }));
      for (const [index, amount] of refunds.entries()) {
        give(Math.min(amount.amount, sale.paid.amount - total(standing.map((one) => one.amount))));
        const failing = dice[index] ?? 0;
        if (failing % 3 === 0) standing = standing.toSpliced(failing % standing.length, 1);
        expect(total(standing.map(({ fee }) => fee))).toBeLessThanOrEqual(sale.fee.amount);
        expect(total(standing.map(({ ofCharge }) => ofCharge))).toBeLessThanOrEqual(whole.ofCharge.amount);
        expect(total(standing.map(({ ofPlatform }) => ofPlatform))).toBeLessThanOrEqual(
          whole.ofPlatform.amount,
        );
      }
      give(sale.paid.amount - total(standing.map((one) => one.amount)));
      for (const share of standing)
        for (const part of [share.fee, share.ofCharge, share.ofPlatform])
          expect(part.amount).toBeGreaterThanOrEqual(0);
      expect(total(standing.map(({ fee }) => fee))).toBe(sale.fee.amount);
      expect(total(standing.map(({ ofCharge }) => ofCharge))).toBe(whole.ofCharge.amount);
      expect(total(standing.map(({ ofPlatform }) => ofPlatform))).toBe(whole.ofPlatform.amount);
    }),
    { numRuns: 3000 },
  );
});

test('[M-O10] a third of a yen goes to nobody: 100 paid with a fee of 5 come back in three parts as 2, 1 and 2', () => {
  const jpy = (amount: number) => ({ amount, currency: 'JPY' as const });
  const sale = { paid: jpy(100), fee: jpy(5), discounts: [], hostId: undefined };
  const standing: RefundShare[] = [];
  for (const part of [33, 33, 34]) standing.push(shareOfRefund(sale, standing, jpy(part)));
  const fees = standing.map(({ fee }) => fee.amount);
  expect(fees).toEqual([2, 1, 2]);
});

test('[I18] more than is left, less than nothing and another currency cannot be shared out', () => {
  const usd = (amount: number) => ({ amount, currency: 'USD' as const });
  const sale = { paid: usd(3000), fee: usd(150), discounts: [], hostId: undefined };
  const before = [shareOfRefund(sale, [], usd(1000))];
  expect(() => shareOfRefund(sale, before, usd(2001))).toThrow('cannot be refunded');
  expect(() => shareOfRefund(sale, [], usd(-1))).toThrow('cannot be refunded');
  expect(() => shareOfRefund(sale, [], { amount: 1, currency: 'EUR' })).toThrow('cannot be refunded');
});
