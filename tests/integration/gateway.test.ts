import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { ask, durable, passing } from '#contract/envelope.ts';
import { accept, refuse } from '#contract/errors.ts';
import { AccountId, LoginSessionId, StreamId } from '#contract/ids.ts';
import { identityEnded } from '#contract/internal/bus.ts';
import { message } from '#server/gateway/live/message.ts';
import { route } from '#server/gateway/route.ts';
import { Fault } from '#server/platform/fault.ts';
import { LiveClient } from '../../scripts/clients/live-client.ts';
import { openTestGateway } from '../support/gateway.ts';
import { openRedis } from '../support/redis.ts';

const room = StreamId.parse('stream_one');
const other = StreamId.parse('stream_two');
const contract = {
  fromClient: { 'danmaku.post': ask(z.object({ text: z.string().max(5) }), z.object({ echo: z.string() })) },
  toClient: { 'danmaku.posted': durable(z.object({})), 'rooms.online': passing(z.object({})) },
} as const;
const echo = message(contract, 'danmaku.post', {
  action: 'danmaku.post',
  pace: { perSecond: 1, burst: 3 },
  handle: async (_context, d) => (d.text === 'no' ? refuse('text-empty') : accept({ echo: d.text })),
});
const routes = [
  route({
    method: 'post',
    path: '/streams/:streamId/go-live',
    action: 'stream.go-live',
    summary: 'Go live',
    params: z.object({ streamId: StreamId }),
    body: z.object({ title: z.string() }),
    reply: z.object({ title: z.string() }),
    handle: async ({ body, params, audit }) => {
      if (body.title === 'fault') throw new Error('secret words of a stack');
      if (body.title === 'down') throw new Fault('unavailable', 'the store is away');
      if (body.title === 'no') return refuse('wrong-stream-state');
      audit({ object: params.streamId, after: { title: body.title } });
      return accept({ title: body.title, ownerNote: 'never leaves' });
    },
  }),
];

let redis: Awaited<ReturnType<typeof openRedis>>;
let gateway: Awaited<ReturnType<typeof openTestGateway>>;
let second: Awaited<ReturnType<typeof openTestGateway>>;
beforeAll(async () => {
  redis = await openRedis();
  const parts = {
    routes,
    messages: [echo],
    snapshots: [{ name: 'title', load: async (streamId: StreamId) => `title of ${streamId}` }],
  };
  gateway = await openTestGateway(redis.url, parts);
  second = await openTestGateway(redis.url, parts);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const headers = { 'content-type': 'application/json', 'x-dropcast': '1', 'sec-fetch-site': 'same-origin' };
const goLive = (body: string, more: Record<string, string> = {}) =>
  fetch(`${gateway.address}/api/v1/streams/stream_one/go-live`, {
    method: 'POST',
    headers: { ...headers, cookie: 'who=hana', ...more },
    body,
  });

test('a route parses, authorizes, audits once, and lets nothing out that its reply does not name', async () => {
  gateway.audit.length = 0;
  const good = await goLive('{"title":"Tea"}');
  expect([good.status, await good.json()]).toEqual([200, { title: 'Tea' }]);
  expect(gateway.audit).toMatchObject([
    { action: 'stream.go-live', actor: { handle: 'hana' }, object: 'stream_one', after: { title: 'Tea' } },
  ]);
  const refused = await goLive('{"title":"no"}');
  expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'wrong-stream-state' }]);
  expect((await goLive('{"title":"Tea"}', { cookie: 'who=aki' })).status).toBe(403);
  expect((await goLive('{"title":"Tea"}', { cookie: '' })).status).toBe(401);
  expect(gateway.audit).toHaveLength(1);
});

test('faults leave as problem+json without a word of the stack', async () => {
  const bug = await goLive('{"title":"fault"}');
  const text = await bug.text();
  expect(bug.status).toBe(500);
  expect(bug.headers.get('content-type')).toContain('application/problem+json');
  expect(text).not.toContain('secret');
  expect(JSON.parse(text)).toMatchObject({ code: 'internal', requestId: bug.headers.get('x-request-id') });
  expect((await goLive('{"title":"down"}')).status).toBe(503);
});

test.for([
  ['not JSON', '{"title":', 400, 'malformed-body'],
  ['a wrong type', '{"title":1}', 422, 'invalid-request'],
  ['an operator', '{"title":{"$gt":""}}', 422, 'invalid-request'],
  ['too much', `{"title":"${'x'.repeat(70_000)}"}`, 413, 'body-too-large'],
  ['great depth', '['.repeat(30_000), 400, 'malformed-body'],
] as const)('a body with %s is refused and nothing breaks', async ([, body, status, code]) => {
  const response = await goLive(body);
  expect([response.status, await response.json()]).toMatchObject([status, { code }]);
});

test('a request that another site may have caused is refused', async () => {
  expect((await goLive('{"title":"Tea"}', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  const { 'x-dropcast': _ours, ...bare } = headers;
  const response = await fetch(`${gateway.address}/api/v1/streams/stream_one/go-live`, {
    method: 'POST',
    headers: { ...bare, cookie: 'who=hana' },
    body: '{"title":"Tea"}',
  });
  expect([response.status, await response.json()]).toMatchObject([403, { code: 'cross-site' }]);
});

test('unknown addresses and methods have their own words, and the contract is published', async () => {
  const nowhere = await fetch(`${gateway.address}/api/v1/nowhere`);
  expect([nowhere.status, await nowhere.json()]).toMatchObject([404, { code: 'not-found' }]);
  expect((await fetch(`${gateway.address}/api/v1/streams/stream_one/go-live`)).status).toBe(405);
  const published = await (await fetch(`${gateway.address}/api/openapi.json`)).json();
  const openApi = z
    .object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) })
    .parse(published);
  expect(Object.keys(openApi.paths)).toEqual(['/api/v1/streams/{streamId}/go-live']);
  expect(openApi.openapi).toBe('3.1.0');
});

test('the page names no foreign source while the simulator stands in, and no upgrade on plain http', async () => {
  const policy = (await fetch(`${gateway.address}/api/docs`)).headers.get('content-security-policy') ?? '';
  expect(policy).toContain("object-src 'none'");
  expect(policy).not.toContain('upgrade-insecure-requests');
});

test('sockets of two servers hear one room in one order, and a late joiner gets the snapshot', async () => {
  await using a = await LiveClient.open(gateway.address);
  await using b = await LiveClient.open(second.address);
  await a.ask('room.enter', { streamId: room });
  await b.ask('room.enter', { streamId: room });
  const say = (live: typeof gateway.live, n: number) =>
    live.tellRoom(room, [
      { kind: 'durable', t: 'danmaku.posted', d: { n }, lane: n % 3 ? 'chat' : 'control' },
    ]);
  await Promise.all(Array.from({ length: 60 }, (_, n) => say(n % 2 ? gateway.live : second.live, n)));
  for (const client of [a, b]) await client.until(() => client.heard('danmaku.posted').length === 60);
  const order = (client: LiveClient) => client.heard('danmaku.posted').map(({ s }) => s);
  expect(order(a)).toEqual(order(b));
  expect(order(a)).toEqual(order(a).toSorted((x = 0, y = 0) => x - y));
  await using late = await LiveClient.open(second.address);
  const entered = await late.ask('room.enter', { streamId: room });
  expect(entered).toMatchObject({ ok: true, value: { snapshot: { title: 'title of stream_one' } } });
});

test('[S0.4] a returning client gets what it missed, once and in order, or a snapshot after its history is gone', async () => {
  const first = await LiveClient.open(gateway.address);
  const { value } = await first.ask('room.enter', { streamId: other });
  await gateway.live.tellRoom(other, [{ kind: 'durable', t: 'danmaku.posted', d: { n: 0 } }]);
  await first.until(() => first.heard('danmaku.posted').length === 1);
  const seen = first.heard('danmaku.posted')[0];
  await first[Symbol.asyncDispose]();
  for (const n of [1, 2, 3])
    await gateway.live.tellRoom(other, [{ kind: 'durable', t: 'danmaku.posted', d: { n } }]);

  await using back = await LiveClient.open(second.address);
  const last = { epoch: seen?.e, s: seen?.s };
  const answer = await back.ask('room.enter', { streamId: other, last });
  expect(answer.value).not.toHaveProperty('snapshot');
  await back.until(() => back.heard('danmaku.posted').length === 3);
  expect(back.heard('danmaku.posted').map(({ d }) => d)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);

  await using stranger = await LiveClient.open(second.address);
  const lost = await stranger.ask('room.enter', { streamId: other, last: { epoch: 'of yesterday', s: 2 } });
  expect(lost.value).toHaveProperty('snapshot');
  expect(value).toHaveProperty('snapshot');
});

test('of passing messages the newest of a type wins within a tick', async () => {
  await using client = await LiveClient.open(gateway.address);
  await client.ask('room.enter', { streamId: room });
  const counts = Array.from({ length: 20 }, (_, n) => n + 1);
  await Promise.all(
    counts.map((online) =>
      gateway.live.tellRoom(room, [{ kind: 'passing', t: 'rooms.online', d: { online }, lane: 'chat' }]),
    ),
  );
  await client.until(() =>
    client.heard('rooms.online').some(({ d }) => JSON.stringify(d) === '{"online":20}'),
  );
  expect(client.heard('rooms.online').length).toBeLessThan(20);
});

test('a message is parsed, paced and authorized before its handler sees it', async () => {
  await using guest = await LiveClient.open(gateway.address);
  await using aki = await LiveClient.open(gateway.address, 'who=aki');
  expect(await aki.ask('danmaku.post', { text: 'hi' }, room)).toMatchObject({ refusal: 'not-found' });
  await guest.ask('room.enter', { streamId: room });
  await aki.ask('room.enter', { streamId: room });
  expect(await guest.ask('danmaku.post', { text: 'hi' }, room)).toMatchObject({
    refusal: 'sign-in-required',
  });
  expect(await aki.ask('danmaku.post', { text: 'hi' }, room)).toEqual({ ok: true, value: { echo: 'hi' } });
  expect(await aki.ask('danmaku.post', { text: { $gt: '' } }, room)).toMatchObject({
    refusal: 'invalid-request',
  });
  const many = await Promise.all(
    Array.from({ length: 4 }, () => aki.ask('danmaku.post', { text: 'hi' }, room)),
  );
  expect(many.at(-1)).toMatchObject({ refusal: 'sent-too-fast', retryAfterMs: expect.any(Number) });
  expect(await aki.ask('nothing.here', {}, room)).toMatchObject({ refusal: 'unknown-message' });
});

test('[M-P1] words for a person reach every socket of that person alone, and an ended login session closes them', async () => {
  await using one = await LiveClient.open(gateway.address, 'who=aki');
  await using two = await LiveClient.open(second.address, 'who=aki');
  await using stranger = await LiveClient.open(second.address, 'who=bo');
  await gateway.live.tellPerson(AccountId.parse('acc_aki'), 'checkout.order-changed', { orderId: 'ord_1' });
  for (const client of [one, two])
    await client.until(() => client.heard('checkout.order-changed').length === 1);
  await gateway.bus.publish(identityEnded, {
    loginSessionId: LoginSessionId.parse('login_aki'),
    reason: 'signed-out',
  });
  for (const client of [one, two]) await client.until(() => client.closed?.code === 4500);
  expect(stranger.closed).toBeUndefined();
  expect(stranger.heard('checkout.order-changed')).toEqual([]);
});

test.for<[string, Record<string, string>]>([
  ['a foreign page', { origin: 'https://evil.example' }],
  ['no page at all', {}],
])('the websocket refuses %s', async ([, more]) => {
  const socket = new WebSocket(`${gateway.address.replace('http', 'ws')}/live`, { headers: more });
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, answer) => resolve(answer.statusCode));
    socket.on('error', () => {});
    socket.on('open', () => resolve(101));
  });
  expect(status).toBe(403);
});

test('frames that are no frames close the socket, and others read on', async () => {
  await using good = await LiveClient.open(gateway.address);
  for (const raw of ['not json', '[]', '{"t":5}', 'x'.repeat(20_000)]) {
    await using bad = await LiveClient.open(gateway.address);
    bad.socket.send(raw);
    await bad.until(() => bad.closed !== undefined);
    expect([4502, 1009]).toContain(bad.closed?.code);
  }
  expect(await good.ask('clock.read', {})).toMatchObject({ ok: true });
});
