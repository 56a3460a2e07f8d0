import { expect, test } from 'vitest';
import { fitsPassword, hashPassword } from './passwords.ts';

test('[M-P1] passwords are kept as argon2id with 19 MiB, two passes and one lane, salted', async () => {
  const [one, two] = await Promise.all([hashPassword('tea in the pot'), hashPassword('tea in the pot')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await fitsPassword(one, 'tea in the pot')).toBe(true);
  expect(await fitsPassword(one, 'tea in the cup')).toBe(false);
});

test('[M-P1] a missing account fits no password, and costs a hash all the same', async () => {
  expect(await fitsPassword(undefined, 'nobody has this password')).toBe(false);
  const best = async (passwordHash: string | undefined) => {
    const times: number[] = [];
    for (let tries = 0; tries < 5; tries += 1) {
      const began = performance.now();
      await fitsPassword(passwordHash, 'wrong');
      times.push(performance.now() - began);
    }
    return Math.min(...times);
  };
  const known = await best(await hashPassword('tea in the pot'));
  expect((await best(undefined)) / known).toBeGreaterThan(0.5);
});
