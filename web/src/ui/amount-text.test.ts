import { expect, test } from 'vitest';
import { amountText, readAmount, readCount } from './amount-text.ts';

test('an amount is read as minor units in the currency’s own decimals', () => {
  const read = (typed: string) => readAmount(typed, 2);
  expect(['12', '12.5', '12,50', ' 12.50 ', '１２．５', '0.07'].map(read)).toEqual([
    1200, 1250, 1250, 1250, 1250, 7,
  ]);
  expect([readAmount('1200', 0), readAmount('1.5', 3)]).toEqual([1200, 1500]);
});

test('what is no amount is not guessed at', () => {
  expect(['', 'abc', '-3', '1.234', '1.2.3', '1e3', '12 USD'].map((typed) => readAmount(typed, 2))).toEqual(
    Array.from({ length: 7 }, () => undefined),
  );
  expect(readAmount('1.5', 0)).toBeUndefined();
});

test('an amount goes into a field as it is read out of it', () => {
  expect([amountText(1250, 2), amountText(1200, 0), amountText(1500, 3)]).toEqual(['12.50', '1200', '1.500']);
  expect(readAmount(amountText(999, 2), 2)).toBe(999);
});

test('a count stays within its bounds', () => {
  expect([readCount('5', 1, 10), readCount('１０', 1, 10)]).toEqual([5, 10]);
  expect([readCount('0', 1, 10), readCount('11', 1, 10), readCount('1.5', 1, 10)]).toEqual(
    Array.from({ length: 3 }, () => undefined),
  );
});
