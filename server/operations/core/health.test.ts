import { expect, test } from 'vitest';
import { findProcesses, withSince, worstOf } from './health.ts';

const beat = (role: string, instance: string, at: number, startedAt = 0) => ({
  role,
  instance,
  at,
  startedAt,
});

test('[M-P7] a process is down when silent for 7 s or never started, and well again after its return', () => {
  const now = 20_000;
  const states = (beats: ReturnType<typeof beat>[]) =>
    findProcesses(beats, ['server', 'media'], now).map(({ name, state }) => `${name}: ${state}`);
  expect(states([beat('server', 'a', 19_000), beat('server', 'b', 12_000)])).toEqual([
    'server a: well',
    'server b: down',
    'media: down',
  ]);
  // Its successor took over under another name.
  expect(states([beat('media', 'one', 3000), beat('media', 'two', 19_500, 5000)])).toEqual([
    'server: down',
    'media two: well',
  ]);
});

test('[M-P7] a part keeps the instant of its last change, and the whole is as well as its worst part', () => {
  const part = { name: 'redis', kind: 'store', state: 'well', delayMs: 1, detail: '' } as const;
  const before = withSince([part], [], '2026-01-01T00:00:00.000Z');
  expect(withSince([part], before, '2026-01-01T00:01:00.000Z')[0]?.since).toBe('2026-01-01T00:00:00.000Z');
  const after = withSince([{ ...part, state: 'down' }], before, '2026-01-01T00:02:00.000Z');
  expect(after[0]?.since).toBe('2026-01-01T00:02:00.000Z');
  expect([worstOf(before), worstOf(after), worstOf([])]).toEqual(['well', 'down', 'well']);
});
