import { expect, test } from 'vitest';
import { shareOf, takingsOf } from './takings.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const order = (refunded: number) => ({
  totals: {
    goods: usd(4000),
    discount: usd(1000),
    shipping: usd(0),
    tax: usd(0),
    isTaxIncluded: false,
    total: usd(3000),
  },
  fee: usd(150),
  discounts: [
    { funder: 'vendor' as const, amount: usd(400) },
    { funder: 'host' as const, amount: usd(600) },
  ],
  refunded: usd(refunded),
});

test('[M-O10] a sale brings what was paid less the fee and with what others fund, and after a full refund nothing', () => {
  expect(takingsOf(order(0))).toEqual({ paid: usd(3000), fee: usd(150), funded: usd(600), yours: usd(3450) });
  expect(takingsOf(order(3000))).toEqual({ paid: usd(0), fee: usd(0), funded: usd(0), yours: usd(0) });
});

test('[M-O10] each refund takes its share of fee and funding back, and the shares of three sum to the sale', () => {
  const shares = [
    shareOf(order(0), usd(1000)),
    shareOf(order(1000), usd(1000)),
    shareOf(order(2000), usd(1000)),
  ];
  expect(shares[0]).toEqual({ buyer: usd(1000), fee: usd(50), funded: usd(200), yours: usd(1150) });
  expect(shares.reduce((sum, { yours }) => sum + yours.amount, 0)).toBe(3450);
  const thin = { ...order(0), fee: usd(5), discounts: [] };
  const fees = [0, 990, 1980].map(
    (back, at) => shareOf({ ...thin, refunded: usd(back) }, usd(at === 2 ? 1020 : 990)).fee.amount,
  );
  expect(fees).toEqual([2, 1, 2]);
});
