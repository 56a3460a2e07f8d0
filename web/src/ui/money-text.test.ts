import { expect, test } from 'vitest';
import { moneyText } from './money-text.ts';

test('amounts are written from minor units with the digits of their currency', () => {
  expect(moneyText({ amount: 3000, currency: 'USD' }, 'en')).toBe('$30.00');
  expect(moneyText({ amount: 500, currency: 'JPY' }, 'en')).toBe('¥500');
  expect(moneyText({ amount: 1234, currency: 'KWD' }, 'en')).toContain('1.234');
});
