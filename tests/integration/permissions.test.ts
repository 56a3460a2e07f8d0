import { afterAll, beforeAll, expect, test } from 'vitest';
import { accept } from '#contract/errors.ts';
import { AccountId, ChannelId, GuestId, type PersonId, VendorId } from '#contract/ids.ts';
import { type Action, permissions, type RoleGrant, type Who } from '#contract/permissions.ts';
import type { LiveMessage } from '#server/gateway/live/message.ts';
import type { Route } from '#server/gateway/route.ts';
import { HttpClient } from '../../scripts/clients/http-client.ts';
import { LiveClient } from '../../scripts/clients/live-client.ts';
import { password } from '../support/cast.ts';
import { openTestGateway } from '../support/gateway.ts';
import { openHouse, type TestHouse } from '../support/house.ts';

const channelId = ChannelId.parse('ch_here');
const vendorId = VendorId.parse('vnd_here');
const here = { channelId, vendorId };

/** Every kind of actor, the role it holds, and the words of the table that are then true of it. */
const kinds: Record<string, { grant?: RoleGrant; is: Who[] }> = {
  anyone: { is: ['anyone'] },
  guest: { is: ['anyone', 'person'] },
  viewer: { is: ['anyone', 'person', 'account'] },
  host: { grant: { role: 'host', channelId }, is: ['host'] },
  moderator: { grant: { role: 'delegate', channelId, permissions: ['moderate'] }, is: ['delegate:moderate'] },
  pinner: { grant: { role: 'delegate', channelId, permissions: ['pin'] }, is: ['delegate:pin'] },
  dropper: { grant: { role: 'delegate', channelId, permissions: ['drop'] }, is: ['delegate:drop'] },
  answerer: { grant: { role: 'delegate', channelId, permissions: ['answer'] }, is: ['delegate:answer'] },
  vendor: { grant: { role: 'vendor', vendorId }, is: ['vendor'] },
  agent: { grant: { role: 'agent', vendorId }, is: ['agent'] },
  analyst: { grant: { role: 'analyst' }, is: ['analyst'] },
  operator: { grant: { role: 'operator' }, is: ['operator'] },
  'other host': { grant: { role: 'host', channelId: ChannelId.parse('ch_else') }, is: [] },
  'other vendor': { grant: { role: 'vendor', vendorId: VendorId.parse('vnd_else') }, is: [] },
};

const cookies = new Map<string, string>();
let house: TestHouse;
let gateway: Awaited<ReturnType<typeof openTestGateway>>;

beforeAll(async () => {
  house = await openHouse();
  const { identity } = house.slices;
  for (const [kind, { grant }] of Object.entries(kinds)) {
    let person: PersonId = GuestId.parse('gst_1');
    if (kind === 'anyone') continue;
    if (kind !== 'guest') {
      const made = await identity.signUp({ handle: kind.replace(' ', '-'), password });
      if (!made.ok) throw new Error(made.refusal);
      person = AccountId.parse(made.value.account.accountId);
      if (grant) await identity.roles.grant(made.value.account.accountId, grant);
    }
    const { cookie } = await identity.beginLoginSession(person);
    cookies.set(kind, cookie.split(';')[0] ?? '');
  }
  // The doors are the real ones; behind each stands one that only says that it was reached.
  gateway = await openTestGateway(house.redis.url, {
    authenticator: identity.authenticator,
    authorizer: identity.authorizer,
    routes: house.gateway.routes.map(
      (real): Route => ({
        ...real,
        params: undefined,
        query: undefined,
        body: undefined,
        reply: undefined,
        status: 204,
        scope: () => here,
        handle: async () => accept(undefined),
      }),
    ),
    messages: house.gateway.messages
      .filter(({ t }) => !['room.enter', 'room.leave', 'clock.read'].includes(t))
      .map(
        (real): LiveMessage => ({
          ...real,
          inRoom: false,
          scope: () => here,
          handle: async () => accept({}),
          request: real.request.or(real.request.nullish()).catch(null),
        }),
      ),
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

function expected(action: Action, kind: string): 'allowed' | 'sign-in-required' | 'forbidden' {
  const who: readonly Who[] = permissions[action].who;
  const words = kinds[kind]?.is ?? [];
  const is: Who[] = ['anyone', 'guest'].includes(kind) ? words : ['anyone', 'person', 'account', ...words];
  if (who.some((one) => is.includes(one))) return 'allowed';
  const couldHelp = who.some((one) => one !== 'service');
  return couldHelp && ['anyone', 'guest'].includes(kind) ? 'sign-in-required' : 'forbidden';
}

const pathOf = (route: Route): string => route.path.replaceAll(/:\w+/g, 'x_1');

test.each(Object.keys(kinds))('[M-P2] every route lets in or refuses as the table says: %s', async (kind) => {
  const client = new HttpClient(gateway.address);
  const answers: string[] = [];
  const wanted: string[] = [];
  for (const route of house.gateway.routes) {
    client.cookie = cookies.get(kind) ?? '';
    const body = route.method === 'get' ? undefined : {};
    const key = { 'idempotency-key': 'key-of-the-test' };
    const { status } = await client.call(route.method.toUpperCase(), pathOf(route), body, key);
    const name = `${route.method} ${route.path} (${route.action})`;
    answers.push(`${name}: ${status}`);
    const verdict = expected(route.action, kind);
    // Signature routes look at no cookie: whoever calls is judged by the signature.
    const isOpen = verdict === 'allowed' || route.bodyKind === 'raw';
    wanted.push(`${name}: ${isOpen ? 204 : verdict === 'forbidden' ? 403 : 401}`);
  }
  expect(answers.length).toBeGreaterThan(15);
  expect(answers).toEqual(wanted);
});

test('[M-P8] each call of an audited action leaves exactly one entry, a refused one and any other none', () => {
  const audited = house.gateway.routes.filter(({ action }) => 'audited' in permissions[action]);
  const calls = Object.keys(kinds).flatMap((kind) =>
    audited.filter(({ action }) => expected(action, kind) === 'allowed').map(({ action }) => action),
  );
  expect(gateway.audit.map(({ action }) => action).toSorted()).toEqual(calls.toSorted());
  expect(new Set(gateway.audit.map(({ requestId }) => requestId)).size).toBe(calls.length);
});

test.each(Object.keys(kinds))(
  '[M-P2] every live message is heard or refused as the table says: %s',
  async (kind) => {
    await using socket = await LiveClient.open(gateway.address, cookies.get(kind) ?? '');
    for (const { t, action } of gateway.messages) {
      if (['room.enter', 'room.leave', 'clock.read'].includes(t)) continue;
      const { ok, refusal } = await socket.ask(t, {});
      expect([t, ok ? 'allowed' : refusal]).toEqual([t, expected(action, kind)]);
    }
  },
);

test('[M-P3] behind the real doors, nobody without an account gets past what needs one', async () => {
  for (const kind of ['anyone', 'guest']) {
    const client = new HttpClient(house.address);
    for (const route of house.gateway.routes) {
      if (route.bodyKind === 'raw' || expected(route.action, kind) !== 'sign-in-required') continue;
      client.cookie = cookies.get(kind) ?? '';
      const { status } = await client.call(route.method.toUpperCase(), pathOf(route), undefined);
      expect([route.method, route.path, status]).toEqual([route.method, route.path, 401]);
    }
  }
});
