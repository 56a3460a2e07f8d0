import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { finishOnboarding, openLink } from './objects/accounts.ts';
import type { World } from './world.ts';

const folder = new URL('./browser/', import.meta.url);
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
const served = new Set(readdirSync(folder).filter((name) => extname(name) in types));

/** A page or file for a browser. */
export type Page = { status: number; headers: Record<string, string>; body: string };

const policy = (ancestors: string) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors ${ancestors}`;

const file = (name: string, status = 200, ancestors = "'self'"): Page => {
  const type = types[extname(name)] ?? 'application/octet-stream';
  const guard: Record<string, string> = type.startsWith('text/html')
    ? { 'content-security-policy': policy(ancestors) }
    : {};
  return {
    status,
    headers: {
      'content-type': type,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      ...guard,
    },
    body: readFileSync(new URL(name, folder), 'utf8'),
  };
};

const seeOther = (location: string): Page => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store' },
  body: '',
});
const notFound: Page = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'No such page\n',
};

const onboarding = (world: World, method: string, account: string, query: string): Page => {
  const found = openLink(world, account, new URLSearchParams(query).get('link') ?? '');
  if (found === undefined) return notFound;
  const { link, isGood } = found;
  if (!isGood) return seeOther(link.refreshUrl);
  if (method !== 'POST') return file('onboarding.html', 200, "'none'");
  world.state.links.put({ ...link, used: true });
  finishOnboarding(world, account);
  return seeOther(link.returnUrl);
};

/** Files of the browser script under `/stripe-sim/v3/`, and the onboarding page of an account. */
export const answerPage = (world: World, method: string, path: string, query: string): Page => {
  const account = /^\/stripe-sim\/onboarding\/([^/]+)$/.exec(path)?.[1];
  if (account !== undefined) return onboarding(world, method, account, query);
  const name = /^\/stripe-sim\/v3\/([\w.-]+)$/.exec(path)?.[1];
  return name !== undefined && served.has(name) && method === 'GET' ? file(name) : notFound;
};
