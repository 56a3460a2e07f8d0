import { expect, test } from 'vitest';
import { peakOf, seriesOf } from './series.ts';

const minute = (index: number, online: number | null, danmaku: number, gmv: number) => ({
  streamMs: index * 60_000,
  online,
  danmaku,
  claims: 0,
  orders: 0,
  gmv: { amount: gmv, currency: 'USD' as const },
});

test('[M-A3] the money of each minute adds up to the sum so far', () => {
  const series = seriesOf([minute(0, 2, 1, 0), minute(1, 5, 3, 3000), minute(2, null, 0, 4000)]);
  expect(series).toEqual({
    seconds: [60, 120, 180],
    online: [2, 5, null],
    danmaku: [1, 3, 0],
    gmvSoFar: [0, 3000, 7000],
  });
});

test('a peak is the first of the highest, and minutes without a sample are no zero', () => {
  expect(peakOf([60, 120, 180], [null, 5, 5])).toEqual({ value: 5, second: 120 });
  expect(peakOf([60], [null])).toBeUndefined();
});
