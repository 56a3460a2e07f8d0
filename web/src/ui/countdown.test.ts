import { expect, test } from 'vitest';
import { countdownText, streamTimeText } from './countdown.ts';

test('[S3.12] a countdown is rounded up and is 0:00 only when it is over', () => {
  expect([1, 999, 1000, 59_001, 74_000, 3_600_000, 3_661_000, 0, -5].map(countdownText)).toEqual([
    '0:01',
    '0:01',
    '0:01',
    '1:00',
    '1:14',
    '1:00:00',
    '1:01:01',
    '0:00',
    '0:00',
  ]);
});

test('stream time has hours from the start', () => {
  expect([0, 892_000, 3_600_000].map(streamTimeText)).toEqual(['00:00:00', '00:14:52', '01:00:00']);
});
