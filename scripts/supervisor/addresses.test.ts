import { expect, test } from 'vitest';
import { demoRefusal } from './addresses.ts';

test.each([
  [{}, undefined],
  [{ PUBLIC_URL: 'http://localhost:3000' }, undefined],
  [{ PUBLIC_URL: 'https://192.168.1.7:3000' }, undefined],
  [{ PUBLIC_URL: 'https://live.example.com' }, 'PUBLIC_URL is open to everybody'],
  [{ PUBLIC_URL: 'https://localhost.example.com' }, 'PUBLIC_URL is open to everybody'],
  [{ STRIPE_SECRET_KEY: 'sk_test_a' }, undefined],
  [{ STRIPE_SECRET_KEY: 'sk_live_a' }, 'STRIPE_SECRET_KEY is for real money'],
])('with %j a demo is refused because %s', (env, reason) => {
  expect(demoRefusal(env)).toBe(reason);
});
