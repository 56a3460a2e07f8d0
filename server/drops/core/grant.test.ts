import { expect, test } from 'vitest';
import { remindAt } from './grant.ts';

test('[S3.14] a holder is reminded five minutes before the end, of a short coupon at two thirds of its life', () => {
  const grantedAt = 1_000_000;
  const minutes = (count: number) => grantedAt + count * 60_000;
  expect(remindAt({ grantedAt, validUntil: minutes(60) })).toBe(minutes(55));
  expect(remindAt({ grantedAt, validUntil: minutes(15) })).toBe(minutes(10));
  expect(remindAt({ grantedAt, validUntil: minutes(3) })).toBe(minutes(2));
});
