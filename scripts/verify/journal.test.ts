import { expect, test } from 'vitest';
import { journalDifferences } from './journal.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const charge = {
  causeId: 'charge:ch_1',
  legs: [
    { account: 'payment-service', amount: usd(3000) },
    { account: 'order:ord_1', amount: usd(-3000) },
  ],
};
const balances = [
  { account: 'payment-service', amount: usd(3000) },
  { account: 'order:ord_1', amount: usd(-3000) },
];

test('[M-O11] balances that are sums of entries that sum to zero leave no difference', () => {
  expect(journalDifferences([charge], balances)).toEqual([]);
});

test('[M-O11] an entry one cent off, and a balance without its entries, are named', () => {
  const uneven = {
    ...charge,
    legs: [{ account: 'payment-service', amount: usd(3001) }, ...charge.legs.slice(1)],
  };
  expect(journalDifferences([uneven], balances)).toEqual([
    { where: 'journal charge:ch_1', stored: '1 USD', recomputed: '0' },
    { where: 'balance payment-service USD', stored: '3000', recomputed: '3001' },
  ]);
  expect(journalDifferences([], balances.slice(0, 1))).toEqual([
    { where: 'balance payment-service USD', stored: '3000', recomputed: '0' },
  ]);
});
