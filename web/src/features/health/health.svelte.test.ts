import { expect, test } from 'vitest';
import type { HealthView } from '#contract/operations.ts';
import { HealthController } from './health.svelte.ts';

const at = '2026-01-01T00:00:00Z';
const part = (name: string, state: 'well' | 'slow' | 'down') =>
  ({ name, kind: 'process', state, delayMs: 1, since: at, detail: '' }) as const;
const viewOf = (...parts: HealthView['parts']): HealthView => ({ state: 'well', checkedAt: at, parts });

test('[M-P7] parts that are down are counted, and a server that cannot be reached is one', async () => {
  let answer = async (): Promise<HealthView> => viewOf(part('media', 'down'), part('redis', 'slow'));
  const health = new HealthController(
    () => {},
    () => answer(),
  );
  await health.look();
  expect(health.downCount).toBe(1);
  answer = async () => {
    throw new Error('gone');
  };
  await health.look();
  expect([health.isUnreachable, health.downCount, health.view?.parts.length]).toEqual([true, 1, 2]);
  answer = async () => viewOf(part('media', 'well'));
  await health.look();
  expect([health.isUnreachable, health.downCount]).toEqual([false, 0]);
});

test('a change is spoken once, and not more often than every 10 s', async () => {
  const said: string[][] = [];
  let down: string[] = [];
  const health = new HealthController(
    (names) => said.push(names),
    async () => viewOf(...down.map((name) => part(name, 'down'))),
  );
  await health.look(0);
  down = ['media'];
  await health.look(1000);
  await health.look(4000);
  down = ['media', 'workers'];
  await health.look(5000);
  await health.look(11_001);
  expect(said).toEqual([['media'], ['media', 'workers']]);
});
