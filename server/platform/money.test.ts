import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add, portion, splitByWeight } from './money.ts';

test('[RULE-2] a split by weight loses no cent and strays less than one unit from the exact share', () => {
  const weights = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), weights, (total, list) => {
      const parts = splitByWeight(total, list);
      expect(parts.reduce((a, b) => a + b, 0)).toBe(total);
      const sum = list.reduce((a, b) => a + b, 0);
      parts.forEach((part, index) => {
        const exact = sum === 0 ? total / list.length : (total * (list[index] ?? 0)) / sum;
        expect(Math.abs(part - exact)).toBeLessThan(1.000_001);
      });
    }),
  );
});

test('currencies never mix', () => {
  expect(() => add({ amount: 1, currency: 'USD' }, { amount: 1, currency: 'EUR' })).toThrow('cannot add');
});

test('a portion is rounded half away from zero', () => {
  expect([portion(3000, 500), portion(10, 500), portion(-10, 500), portion(9, 500)]).toEqual([150, 1, -1, 0]);
});
