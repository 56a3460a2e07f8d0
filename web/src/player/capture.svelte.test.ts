import { expect, test } from 'vitest';
import { loudness } from './capture.svelte.ts';

test('[M-R1] the level meter reads silence as 0, full scale as 1, and −30 dB as the middle', () => {
  expect(loudness([0, 0, 0])).toBe(0);
  expect(loudness([1, -1])).toBe(1);
  expect(loudness([10 ** -1.5, -(10 ** -1.5)])).toBeCloseTo(0.5);
});
