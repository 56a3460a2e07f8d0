import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { DeskProduct } from '#contract/catalog.ts';
import { DanmakuPage, danmakuLive } from '#contract/danmaku.ts';
import { ClaimAnswer, DropDeskView, Wallet } from '#contract/drops.ts';
import type { ChannelId, DropId, StreamId, VendorId } from '#contract/ids.ts';
import { StreamReport } from '#contract/metrics.ts';
import { HealthView } from '#contract/operations.ts';
import type { House } from '#server/compose.ts';
import type { LiveClient } from '../../scripts/clients/live-client.ts';
import type { Person } from '../support/cast.ts';
import { openSocket } from '../support/house.ts';
import { eventually, type Installation, openInstallation, type PartName } from '../support/installation.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';

let house: Installation;
let second: House;
let aki: Person;
let hana: Person;
let ana: Person;
let operator: Person;
let vendorId: VendorId;
let channelId: ChannelId;

const units = 1000;
const coupons = 4;
const price = 4000;

beforeAll(async () => {
  house = await openInstallation();
  second = await house.openSecond();
  [aki, hana, ana] = [await house.visit('aki'), await house.visit('hana'), await house.visit('ana')];
  vendorId = await shop.openVendor(aki);
  channelId = await shop.openChannel(hana);
  await shop.approve(aki, vendorId, channelId);
  await purse.connect(aki, vendorId, (accountId) => house.simulator('POST', `accounts/${accountId}/finish`));
  await eventually(() => purse.isPayable(aki, vendorId), 'Aki is paid');
  operator = await house.visit('olga');
  await second.slices.identity.roles.grant(ana.accountId, { role: 'analyst' });
  await second.slices.identity.roles.grant(operator.accountId, { role: 'operator' });
}, 120_000);
afterAll(async () => {
  await second?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
}, 60_000);

/** A stream on air with a product and an open drop on it. */
async function openShow(): Promise<{ streamId: StreamId; teapot: DeskProduct; dropId: DropId }> {
  const teapot = await shop.addProduct(aki, vendorId, { list: price, floor: 1000, stock: units });
  const { streamId } = await shop.schedule(hana, channelId);
  await hana.send('PUT', `/streams/${streamId}/showcase/${teapot.productId}`, undefined, z.unknown());
  await hana.send('POST', `/streams/${streamId}/go-live`, undefined, z.unknown());
  const { dropId } = await hana.send(
    'POST',
    `/streams/${streamId}/drops`,
    {
      title: 'Teapot',
      coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'USD' } },
      minimumSpend: { amount: 3000, currency: 'USD' },
      productIds: [teapot.productId],
      stock: coupons,
      claimWindowMs: 600_000,
      validity: { kind: 'after-grant', minutes: 15 },
    },
    DropDeskView,
  );
  await aki.send('PUT', `/drops/${dropId}/approvals/${vendorId}`, { decision: 'approved' }, z.unknown());
  await hana.send('POST', `/drops/${dropId}/release`, undefined, z.unknown());
  return { streamId, teapot, dropId };
}

/** Two windows of one person, signed in at either server. */
async function viewer(name: string): Promise<Person[]> {
  const handle = `${name}-${randomUUID().slice(0, 8)}`;
  const here = await house.visit(handle);
  const there = await house.visit(undefined, second.address);
  expect((await there.signIn(handle)).status).toBeLessThan(300);
  return [here, there];
}

/** What a patient client does: the same again until it is answered. */
const persist = <Value>(work: () => Promise<Value>): Promise<Value> =>
  vi.waitFor(work, { timeout: 30_000, interval: 100 });

/** Works again and again until disposed, and counts what was told. */
function keepAt(work: (round: number) => Promise<void>): { count: number; stop(): Promise<void> } {
  let isOver = false;
  const busy = { count: 0, stop: async () => {} };
  const going = (async () => {
    while (!isOver) {
      await work(busy.count);
      busy.count += 1;
    }
  })();
  going.catch(() => undefined);
  busy.stop = async () => {
    isOver = true;
    await going;
  };
  return busy;
}

/** Says lines over one socket after the other, each until it is acknowledged. */
function talk(person: Person, streamId: StreamId, told: Map<string, string>) {
  let socket: LiveClient | undefined;
  return keepAt(async (round) => {
    const key = randomUUID();
    const text = `${person.address.slice(-5)} ${round} ${key.slice(0, 8)}`;
    const line = await persist(async () => {
      if (socket === undefined || socket.closed) {
        socket = await openSocket(person);
        await socket.ask('room.enter', { streamId });
      }
      const answer = await socket.ask('danmaku.post', { text, key }, streamId).catch((fault) => {
        socket?.socket.terminate();
        socket = undefined;
        throw fault;
      });
      if (!answer.ok) throw new Error(answer.refusal);
      return danmakuLive.fromClient['danmaku.post'].value.parse(answer.value).line;
    });
    told.set(line.lineId, text);
  });
}

/** Buys one unit after the other, each until it is paid. */
function shopOn(buyer: Person, wish: { product: DeskProduct; streamId: StreamId }, paid: Set<string>) {
  return keepAt(async () => {
    const key = randomUUID();
    const { orderId } = await persist(() => purse.place(buyer, { ...wish, total: price }, key));
    await persist(async () => {
      const { state } = await purse.order(buyer, orderId);
      if (state === 'held') await purse.pay(buyer, orderId).catch(() => undefined);
      if ((await purse.order(buyer, orderId)).state !== 'paid') throw new Error(`${orderId} is not paid yet`);
    });
    paid.add(orderId);
  });
}

const onAir = z.object({ producers: z.array(z.object({ producerId: z.string() })) });

describe.each<PartName>(['server', 'workers', 'media', 'redis'])('%s is killed in the middle', (victim) => {
  test('the show goes on over two servers, and no line, grant or payment told is lost', async () => {
    const { streamId, teapot, dropId } = await openShow();
    await operator.send('POST', `/streams/${streamId}/ingest`, undefined, z.unknown());
    const before = await hana.get(`/streams/${streamId}/on-air`, onAir);
    expect(before.producers).toHaveLength(2);
    const claimants = await Promise.all(Array.from({ length: 12 }, (_, at) => viewer(`v${at}`)));
    const [v1, v2] = [await viewer('talker'), await viewer('buyer')];
    const lines = new Map<string, string>();
    const paid = new Set<string>();
    const wish = { product: teapot, streamId };
    const activities = [
      ...v1.map((window) => talk(window, streamId, lines)),
      ...v2.map((window) => shopOn(window, wish, paid)),
    ];
    const allGoOn = async () => {
      const from = activities.map(({ count }) => count);
      const moved = () => activities.every(({ count }, at) => count >= (from[at] ?? 0) + 2);
      await eventually(moved, 'everybody was answered twice more', 40_000);
    };
    await allGoOn();
    const claims = claimants.map((windows, at) => {
      const key = randomUUID();
      const window = windows[at % 2] ?? hana;
      return persist(() => window.send('POST', `/drops/${dropId}/claims`, undefined, ClaimAnswer, key));
    });
    await house.kill(victim);
    await allGoOn();
    for (const activity of activities) await activity.stop();
    const answers = await Promise.all(claims);

    if (victim === 'media') {
      await persist(() => operator.send('POST', `/streams/${streamId}/ingest`, undefined, z.unknown()));
      await eventually(
        async () => (await hana.get(`/streams/${streamId}/on-air`, onAir)).producers.length === 2,
        'the picture is back',
      );
    } else expect(await hana.get(`/streams/${streamId}/on-air`, onAir)).toMatchObject(before);

    await eventually(async () => {
      const page = await hana.get(`/streams/${streamId}/danmaku?limit=200`, DanmakuPage);
      const kept: string[] = page.lines.map(({ lineId }) => lineId);
      expect(new Set(kept).size).toBe(kept.length);
      expect(new Set(page.lines.map(({ text }) => text)).size).toBe(page.lines.length);
      return [...lines.keys()].every((lineId) => kept.includes(lineId));
    }, 'every line that was acknowledged is in the archive');

    const winners = answers.filter(({ outcome }) => outcome === 'granted');
    expect(winners).toHaveLength(coupons);
    expect(answers.filter(({ outcome }) => outcome === 'sold-out')).toHaveLength(12 - coupons);
    for (const [at, { outcome, grant }] of answers.entries())
      if (outcome === 'granted') {
        const { grants } = await (claimants[at]?.[0] ?? hana).get('/wallet', Wallet);
        expect(grants.map(({ grantId }) => grantId)).toEqual([grant?.grantId]);
      }

    const paidFor = z
      .array(z.object({ status: z.string(), metadata: z.object({ subjectId: z.string() }) }))
      .parse(await house.simulator('GET', 'objects?kind=payment_intents'))
      .filter(({ status, metadata }) => status === 'succeeded' && paid.has(metadata.subjectId))
      .map(({ metadata }) => metadata.subjectId);
    expect(paidFor.toSorted()).toEqual([...paid].toSorted());
    await eventually(async () => {
      const { figures, ledger } = await ana.get(`/reports/streams/${streamId}`, StreamReport);
      return ledger.isEqual && figures.orders === paid.size && figures.granted === coupons;
    }, 'the report counts each sale and grant once');
    await eventually(async () => {
      const variants = (await second.slices.catalog.products.get(teapot.productId))?.variants ?? [];
      return variants.every(
        ({ stock: { available, held, sold } }) =>
          sold === paid.size && available + held === units - paid.size,
      );
    }, 'every unit is explained');
  }, 150_000);
});

test('two servers serve one room: a line, a pin and the last coupon are the same on both', async () => {
  const { streamId, teapot, dropId } = await openShow();
  const [[here], [, there]] = [await viewer('here'), await viewer('there')];
  if (here === undefined || there === undefined) throw new Error('nobody came');
  await using near = await openSocket(here);
  await using far = await openSocket(there);
  const sockets = [near, far];
  for (const socket of sockets) await socket.ask('room.enter', { streamId });
  await Promise.all(
    sockets.flatMap((socket) =>
      ['1', '2'].map((text) => socket.ask('danmaku.post', { text, key: randomUUID() }, streamId)),
    ),
  );
  await hana.send(
    'PUT',
    `/streams/${streamId}/pinned`,
    { productId: teapot.productId, key: randomUUID() },
    z.unknown(),
  );
  for (const socket of sockets)
    await socket.until(
      () => socket.heard('danmaku.posted').length === 4 && socket.heard('rooms.pinned').length === 1,
    );
  const durable = ({ frames }: LiveClient) =>
    frames.filter(({ s }) => s !== undefined).map(({ s, t, d }) => ({ s, t, d }));
  expect(durable(near).length).toBeGreaterThanOrEqual(5);
  expect(durable(near)).toEqual(durable(far));

  const crowd = await Promise.all(Array.from({ length: 10 }, (_, at) => viewer(`w${at}`)));
  const answers = await Promise.all(
    crowd.map((windows, at) =>
      (windows[at % 2] ?? hana).send('POST', `/drops/${dropId}/claims`, undefined, ClaimAnswer),
    ),
  );
  expect(answers.filter(({ outcome }) => outcome === 'granted')).toHaveLength(coupons);
  for (const socket of sockets) await socket.until(() => socket.heard('drops.exhausted').length === 1);
  expect(near.heard('drops.exhausted')[0]?.d).toEqual(far.heard('drops.exhausted')[0]?.d);
}, 60_000);

test.each<[PartName, RegExp]>([
  ['workers', /^workers/],
  ['media', /^media/],
  ['server', /^server/],
  ['stripe-sim', /^payment service$/],
  ['redis', /^redis$/],
  ['mongo', /^mongodb$/],
])(
  '[M-P7] %s, stopped, is named within 10 s, and is well again after its return',
  async (part, name) => {
    const look = async () => {
      const response = await fetch(`${second.address}/api/v1/health`);
      return HealthView.parse(await response.json());
    };
    const statesOf = async () =>
      (await look()).parts.filter((one) => name.test(one.name)).map(({ state }) => state);
    await eventually(async () => (await look()).state === 'well', 'all is well before');
    {
      await using _down = await house.putDown(part);
      await eventually(async () => (await statesOf()).includes('down'), `${part} is named`, 10_000);
    }
    await eventually(async () => (await statesOf()).every((state) => state === 'well'), `${part} is well`);
  },
  90_000,
);
