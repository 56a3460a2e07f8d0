import { expect, test } from 'vitest';
import { Handle } from '#contract/identity.ts';
import { foldHandle } from './handle.ts';

test('[M-P1] case, width and composition do not make another handle', () => {
  expect(new Set(['Aki', 'aki', ' AKI ', 'ａｋｉ'].map(foldHandle)).size).toBe(1);
  expect(foldHandle('Zoe\u0308')).toBe(foldHandle('Zo\u00eb'));
  expect(foldHandle('aki_1')).not.toBe(foldHandle('aki-1'));
});

test.each(['a', '_aki', 'a b', 'aki\u202e', 'a\u200bki', '<b>aki', 'x'.repeat(25), ''])(
  'a handle like %j is refused',
  (handle) => {
    expect(Handle.safeParse(handle).success).toBe(false);
  },
);

test.each(['Aki', 'V1', '小明', 'Zoë', 'ana.b-c_d'])('a handle like %j is fine', (handle) => {
  expect(Handle.parse(handle)).toBe(handle);
});
