import { expect, test } from 'vitest';
import { Bucket } from './pace.ts';

test('a bucket gives its burst at once, then its rate, and says how long to wait', () => {
  const bucket = new Bucket({ perSecond: 2, burst: 3 }, 0);
  expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0, 500]);
  expect(bucket.take(500)).toBe(0);
  expect(bucket.take(750)).toBe(250);
  expect([10_000, 10_000, 10_000, 10_000].map((now) => bucket.take(now))).toEqual([0, 0, 0, 500]);
});
