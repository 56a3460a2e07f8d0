import { expect, test } from 'vitest';
import { localNow, ServerClock } from './server-clock.svelte.ts';

test('[S3.12] the clock takes the least-delayed sample, and a wrong device date changes nothing', () => {
  const clock = new ServerClock();
  const start = localNow();
  clock.sample(start + 3_600_000 + 400, start, start + 900);
  clock.sample(start + 3_600_000 + 10, start, start + 20);
  clock.sample(start + 3_600_000 + 900, start, start + 1000);
  expect(Math.abs(clock.read() - localNow() - 3_600_000)).toBeLessThan(2);
});
