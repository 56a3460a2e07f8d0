import { expect, test } from 'vitest';
import { isTooCommon } from './password.ts';

test.each(['password123', 'Qwerty123', 'aaaaaaaaaa', 'ababababab', 'Hana-live1'])(
  '%s is too common',
  (password) => {
    expect(isTooCommon(password, 'hana-live')).toBe(true);
  },
);

test('a long sentence is fine, with the handle in it too', () => {
  expect(isTooCommon('the tea pot of hana-live is blue', 'hana-live')).toBe(false);
});
