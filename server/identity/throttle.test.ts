import { expect, test } from 'vitest';
import { networkOf } from './throttle.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:0:1:aa:bb:cc:dd', '2001:db8:0:1'],
  ['2001:DB8:0:1::9', '2001:db8:0:1'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('[M-P1] tries from %s count for %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
