import { expect, test } from 'vitest';
import type { PublishingStats } from '../../player/stats.ts';
import { linkHealth } from './link-health.ts';

const layer = (rid: string, bitrate: number, limitedBy = 'none') => ({
  rid,
  bitrate,
  limitedBy,
  width: 640,
  height: 360,
  framesPerSecond: 30,
});
const stats = (change: Partial<PublishingStats> = {}): PublishingStats => ({
  bitrate: 2_000_000,
  loss: 0.001,
  rttMs: 20,
  layers: [layer('r0', 150_000), layer('r1', 500_000), layer('r2', 1_500_000)],
  ...change,
});

test('[M-R1] three layers without loss are a good link', () => {
  expect(linkHealth(stats())).toEqual({ state: 'good', layersSent: 3, layers: 3, hint: undefined });
  expect(linkHealth(undefined).state).toBe('waiting');
});

test('[M-R1] a browser that has just begun is not called weak for the layers it has not tried', () => {
  const layers = [layer('r0', 150_000), layer('r1', 0)];
  expect(linkHealth(stats({ layers }), false)).toMatchObject({ state: 'waiting', hint: undefined });
  expect(linkHealth(stats({ layers, loss: 0.1 }), false)).toMatchObject({ state: 'weak', hint: 'loss' });
});

test('[M-R1] a weak link says what would help: the network, the computer, the uplink', () => {
  const short = (limitedBy: string) => [layer('r0', 150_000, limitedBy), layer('r1', 0, limitedBy)];
  expect(linkHealth(stats({ loss: 0.05 }))).toMatchObject({ state: 'weak', hint: 'loss' });
  expect(linkHealth(stats({ layers: short('cpu') }))).toMatchObject({ layersSent: 1, hint: 'computer' });
  expect(linkHealth(stats({ layers: short('bandwidth') }))).toMatchObject({ layers: 2, hint: 'uplink' });
});
