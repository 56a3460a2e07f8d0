import { expect, test } from 'vitest';
import { addLegs, balanceDifferences, entryDifferences, type Sums } from './journal.ts';

const money = (amount: number, currency: 'USD' | 'EUR' = 'USD') => ({ amount, currency });
const charge = {
  causeId: 'charge:ch_1',
  legs: [
    { account: 'payment-service' as const, amount: money(3000) },
    { account: 'order:ord_1' as const, amount: money(-3000) },
  ],
};
const with1st = (amount: { amount: number; currency: 'USD' | 'EUR' }) => ({
  ...charge,
  legs: [{ account: 'payment-service' as const, amount }, ...charge.legs.slice(1)],
});

test('[M-O11] an entry that sums to zero leaves no difference; one cent, a half cent, a currency or no legs do', () => {
  expect(entryDifferences(charge)).toEqual([]);
  const where = 'journal charge:ch_1';
  expect(entryDifferences(with1st(money(3001)))).toEqual([{ where, stored: '1 USD left', recomputed: '0' }]);
  expect(entryDifferences(with1st(money(3000.5)))).toEqual([
    { where, stored: '3000.5', recomputed: 'whole minor units' },
  ]);
  expect(entryDifferences(with1st(money(3000, 'EUR')))).toEqual([
    { where, stored: '3000 EUR left', recomputed: '0' },
    { where, stored: '-3000 USD left', recomputed: '0' },
  ]);
  expect(entryDifferences({ ...charge, legs: [] })).toMatchObject([{ where, stored: 'no legs' }]);
});

test('[M-O11] balances are the sums of their entries, and one that is not is named', () => {
  const sums: Sums = new Map();
  addLegs(sums, charge);
  const told = charge.legs;
  expect(balanceDifferences(sums, told)).toEqual([]);
  expect(balanceDifferences(sums, told.slice(0, 1))).toEqual([
    { where: 'balance order:ord_1 USD', stored: '0', recomputed: '-3000' },
  ]);
  expect(balanceDifferences(new Map(), told.slice(0, 1))).toEqual([
    { where: 'balance payment-service USD', stored: '3000', recomputed: '0' },
  ]);
});
