import { expect, test } from 'vitest';
import { GuestId, LoginSessionId } from '#contract/ids.ts';
import { absoluteLimitMs, idleLimitMs, isAlive, needsTouch } from './login-session.ts';

const born = 1_000_000;
const session = {
  loginSessionId: LoginSessionId.parse('login_x'),
  personId: GuestId.parse('gst_x'),
  createdAt: born,
  lastSeenAt: born,
};

test('[M-P1] a login session ends when it idles', () => {
  expect(isAlive(session, born + idleLimitMs - 1)).toBe(true);
  expect(isAlive(session, born + idleLimitMs)).toBe(false);
});

test('[M-P1] a login session in use ends at its absolute limit', () => {
  const used = { ...session, lastSeenAt: born + absoluteLimitMs - 1 };
  expect(isAlive(used, born + absoluteLimitMs - 1)).toBe(true);
  expect(isAlive(used, born + absoluteLimitMs)).toBe(false);
});

test('use is noted at most once an hour', () => {
  expect(needsTouch(session, born + 3_599_999)).toBe(false);
  expect(needsTouch(session, born + 3_600_000)).toBe(true);
});
