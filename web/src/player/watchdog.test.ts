import { expect, test } from 'vitest';
import { mayJoinAgainInMs, nextRemedy, type Remedy } from './watchdog.ts';

const connected = 'connected' as const;

test('[S0.4] a silent picture is asked for a key frame after 2 s, an ICE restart after 3 s, a new join after 7 s', () => {
  let tried: Remedy | undefined;
  const remedies: [number, Remedy][] = [];
  for (let silentMs = 0; silentMs <= 7_000; silentMs += 500) {
    const remedy = nextRemedy({ silentMs, tried, connection: connected });
    if (remedy === undefined) continue;
    remedies.push([silentMs, remedy]);
    tried = remedy;
  }
  expect(remedies).toEqual([
    [2_000, 'key-frame'],
    [3_000, 'ice-restart'],
    [7_000, 'join'],
  ]);
});

test('a cut link is restarted at once, a failed one joined anew at once', () => {
  const fresh = { silentMs: 0, tried: undefined };
  expect(nextRemedy({ ...fresh, connection: 'disconnected' })).toBe('ice-restart');
  expect(nextRemedy({ ...fresh, connection: 'failed' })).toBe('join');
  expect(nextRemedy({ ...fresh, connection: connected })).toBeUndefined();
});

test('joins that fail are spread out, and three within 20 s wait half a minute', () => {
  expect(mayJoinAgainInMs([], 0)).toBe(250);
  expect(mayJoinAgainInMs([0], 100)).toBe(500);
  expect(mayJoinAgainInMs([0, 400, 900], 1_000)).toBe(30_000);
  expect(mayJoinAgainInMs([0, 400, 900], 25_000)).toBe(250);
});
