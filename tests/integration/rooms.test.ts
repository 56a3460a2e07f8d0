import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type DeskProduct, ProductView } from '#contract/catalog.ts';
import type { ChannelId, StreamId, VendorId } from '#contract/ids.ts';
import {
  Closing,
  DeskStream,
  HomeStreams,
  Pinned,
  StockTold,
  StreamCard,
  StreamState,
  StreamView,
  TimelineEntry,
} from '#contract/rooms.ts';
import type { LiveClient } from '../../scripts/clients/live-client.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, openSocket, type TestHouse } from '../support/house.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let aki: Person;
let hana: Person;
let vendorId: VendorId;
let channelId: ChannelId;
beforeAll(async () => {
  house = await openHouse();
  [aki, hana] = [await house.visit('aki'), await house.visit('hana')];
  vendorId = await shop.openVendor(aki);
  channelId = await shop.openChannel(hana);
  await shop.approve(aki, vendorId, channelId);
});
afterAll(() => house[Symbol.asyncDispose]());

const step = (streamId: StreamId, name: string) => hana.call('POST', `/streams/${streamId}/${name}`);
const show = (streamId: StreamId, { productId }: DeskProduct, query = '') =>
  hana.call('PUT', `/streams/${streamId}/showcase/${productId}${query}`);
const pin = (streamId: StreamId, { productId }: DeskProduct, key: string = randomUUID()) =>
  hana.call('PUT', `/streams/${streamId}/pinned`, { productId, key });
const timelineOf = async (streamId: StreamId) =>
  (await hana.get(`/streams/${streamId}/timeline`, z.object({ items: z.array(TimelineEntry) }))).items;

/** A stream on air with these products in its showcase. */
async function onAir(...products: DeskProduct[]): Promise<StreamId> {
  const { streamId } = await shop.schedule(hana, channelId);
  for (const product of products) expect((await show(streamId, product)).status).toBe(200);
  expect((await step(streamId, 'go-live')).status).toBe(200);
  return streamId;
}

const Entered = z.object({ snapshot: z.record(z.string(), z.unknown()) });
async function enter(socket: LiveClient, streamId: StreamId): Promise<Record<string, unknown>> {
  const answer = await socket.ask('room.enter', { streamId });
  return Entered.parse(answer.value).snapshot;
}

describe('the life of a stream', () => {
  test('[M-R2] each step works in its turn and each other is refused', async () => {
    const { streamId } = await shop.schedule(hana, channelId);
    const turns = { scheduled: 'go-live', live: 'end', ended: 'publish-replay', replay: undefined } as const;
    for (const state of StreamState.options) {
      expect((await hana.get(`/streams/${streamId}`, StreamCard)).state).toBe(state);
      for (const wrong of ['go-live', 'end', 'publish-replay'])
        if (wrong !== turns[state])
          expect(await step(streamId, wrong)).toMatchObject({
            status: 409,
            body: { code: 'wrong-stream-state' },
          });
      const right = turns[state];
      if (right) expect((await step(streamId, right)).status).toBe(200);
    }
    const kinds = (await timelineOf(streamId)).map(({ kind }) => kind);
    expect(kinds).toEqual(['went-live', 'ended', 'replay-published']);
  });

  test('[M-R2] of many who go live at once one does, and state and stream time survive a server restart', async () => {
    const teapot = await shop.addProduct(aki, vendorId);
    const { streamId } = await shop.schedule(hana, channelId);
    await show(streamId, teapot);
    const tries = await Promise.all(Array.from({ length: 6 }, () => step(streamId, 'go-live')));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
    await pin(streamId, teapot);
    const before = await hana.get(`/streams/${streamId}`, StreamCard);

    await using restarted = await house.openSecond();
    await using socket = await openSocket(hana, restarted.address);
    const snapshot = await enter(socket, streamId);
    const stream = StreamView.parse(snapshot.stream);
    expect(stream).toMatchObject({ state: 'live', liveAt: before.liveAt });
    expect(Pinned.parse(snapshot.pinned).product.productId).toBe(teapot.productId);
    const known = await restarted.slices.rooms.streams.get(streamId);
    const at = new Date(Date.parse(before.liveAt ?? '') + 12_345);
    expect(known && restarted.slices.rooms.streamMs(known, at)).toBe(12_345);
  });

  test('[M-R2] ending asks once what will close, closes it and tells the room', async () => {
    const teapot = await shop.addProduct(aki, vendorId);
    const closed: string[] = [];
    house.slices.rooms.registerAct({
      name: 'show-act',
      closing: async () => ['closing.show-act'],
      endOfStream: async (streamId) => void closed.push(streamId),
    });
    const streamId = await onAir(teapot);
    await pin(streamId, teapot);
    await using socket = await openSocket(await house.visit());
    await enter(socket, streamId);
    expect(await hana.get(`/streams/${streamId}/closing`, Closing)).toEqual({
      closes: [
        { act: 'pins', words: 'closing.pinned' },
        { act: 'show-act', words: 'closing.show-act' },
      ],
    });
    expect((await step(streamId, 'end')).status).toBe(200);
    expect(closed).toEqual([streamId]);
    await socket.until(() => socket.heard('rooms.state-changed').length > 0);
    expect(socket.heard('rooms.unpinned')).toHaveLength(1);
    expect(StreamView.parse(socket.heard('rooms.state-changed').at(-1)?.d).state).toBe('ended');
    expect((await pin(streamId, teapot)).status).toBe(409);
    expect((await show(streamId, teapot)).status).toBe(409);
  });

  test('the home page has what is on air with its people, what comes, and what may be seen again', async () => {
    const live = await onAir();
    const { streamId: coming } = await shop.schedule(hana, channelId);
    const over = await onAir();
    await step(over, 'end');
    const viewer = await house.visit();
    const home = async () => {
      const lists = await viewer.get('/streams', HomeStreams);
      const has = (list: { streamId: StreamId }[], id: StreamId) =>
        list.some(({ streamId }) => streamId === id);
      return [has(lists.live, live), has(lists.scheduled, coming), has(lists.replay, over)];
    };
    expect(await home()).toEqual([true, true, false]);
    await step(over, 'publish-replay');
    expect(await home()).toEqual([true, true, true]);
  });

  test('only the host of the channel, its delegates and operators may act on its streams', async () => {
    const { streamId } = await shop.schedule(hana, channelId);
    const other = await house.visit('other-host');
    await shop.openChannel(other, 'Other');
    const paths = [
      ['POST', `/streams/${streamId}/go-live`],
      ['POST', `/streams/${streamId}/end`],
      ['GET', `/streams/${streamId}/closing`],
      ['GET', `/streams/${streamId}/timeline`],
      ['GET', `/channels/${channelId}/desk`],
      ['DELETE', `/streams/${streamId}/pinned`],
    ] as const;
    for (const [method, path] of paths) expect((await other.call(method, path)).status).toBe(403);
    const viewer = await house.visit();
    for (const [method, path] of paths) expect((await viewer.call(method, path)).status).toBe(401);
    expect((await hana.call('POST', '/streams/stream_unknown/go-live')).status).toBe(404);
    const desk = await hana.get(
      `/channels/${channelId}/desk`,
      z.object({ items: z.array(DeskStream), next: z.string().optional() }),
    );
    expect(desk.items[0]).toMatchObject({ streamId, state: 'scheduled', online: 0 });
  });
});

describe('the showcase', () => {
  test('[M-V4] a product of a vendor that did not approve the channel is refused, until it does', async () => {
    const bo = await house.visit('bo');
    const bosVendor = await shop.openVendor(bo, 'Bo Coats');
    const coat = await shop.addProduct(bo, bosVendor, { title: 'Coat' });
    const { streamId } = await shop.schedule(hana, channelId);
    expect(await show(streamId, coat)).toMatchObject({ status: 409, body: { code: 'vendor-not-linked' } });
    expect((await hana.call('PUT', `/vendors/${bosVendor}/channels/${channelId}`)).status).toBe(403);
    await shop.approve(bo, bosVendor, channelId);
    expect((await show(streamId, coat)).status).toBe(200);
    const offered = z.object({ items: z.array(ProductView) });
    const { items } = await hana.get(`/channels/${channelId}/products`, offered);
    expect(items.map(({ productId }) => productId)).toContain(coat.productId);
    expect((await bo.call('DELETE', `/vendors/${bosVendor}/channels/${channelId}`)).status).toBe(204);
    const { streamId: next } = await shop.schedule(hana, channelId);
    expect((await show(next, coat)).status).toBe(409);
  });

  test('[S0.17] a vendor without any other site signs up, enters a product and has it offered in a room', async () => {
    const vera = await house.visit('vera');
    const verasVendor = await shop.openVendor(vera, 'Vera Lamps');
    const lamp = await shop.addProduct(vera, verasVendor, { title: 'Lamp', list: 5500, stock: 7 });
    await shop.approve(vera, verasVendor, channelId);
    const streamId = await onAir(lamp);
    await pin(streamId, lamp);
    await using socket = await openSocket(await house.visit());
    const { pinned, showcase } = await enter(socket, streamId);
    expect(Pinned.parse(pinned).product).toMatchObject({
      title: 'Lamp',
      vendorId: verasVendor,
      variants: [{ listPrice: { amount: 5500, currency: 'USD' }, stock: { available: 7 } }],
    });
    expect(z.array(ProductView).parse(showcase)).toHaveLength(1);
  });

  test('a host that is the vendor needs nobody’s word', async () => {
    const own = await shop.openVendor(hana, 'Hana herself');
    const cup = await shop.addProduct(hana, own, { title: 'Cup' });
    const { streamId } = await shop.schedule(hana, channelId);
    expect((await show(streamId, cup)).status).toBe(200);
  });

  test('retired products, other currencies and unknown ids are refused', async () => {
    const { streamId } = await shop.schedule(hana, channelId);
    const euro = await shop.addProduct(aki, vendorId, { currency: 'EUR' });
    expect(await show(streamId, euro)).toMatchObject({ status: 409, body: { code: 'currency-mismatch' } });
    const retired = await shop.addProduct(aki, vendorId);
    await aki.call('POST', `/vendors/${vendorId}/products/${retired.productId}/retire`);
    expect(await show(streamId, retired)).toMatchObject({ status: 409, body: { code: 'product-retired' } });
    expect((await hana.call('PUT', `/streams/${streamId}/showcase/prd_unknown`)).status).toBe(404);
  });

  test('[S3.3] the list keeps its order, and the room sees products come and go', async () => {
    const products = [
      await shop.addProduct(aki, vendorId, { title: 'One' }),
      await shop.addProduct(aki, vendorId, { title: 'Two' }),
      await shop.addProduct(aki, vendorId, { title: 'Three' }),
    ];
    const [one, two, three] = products;
    if (!one || !two || !three) throw new Error('three products');
    const streamId = await onAir(one, two);
    await using socket = await openSocket(await house.visit());
    await enter(socket, streamId);
    await show(streamId, three, '?position=0');
    await hana.call('PUT', `/streams/${streamId}/showcase`, {
      productIds: [two, three, one].map(({ productId }) => productId),
    });
    await hana.call('DELETE', `/streams/${streamId}/showcase/${one.productId}`);
    const Told = z.object({ showcase: z.array(ProductView), version: z.int() });
    await socket.until(() => socket.heard('rooms.showcase-changed').length >= 3);
    const told = socket.heard('rooms.showcase-changed').map(({ d }) => Told.parse(d));
    expect(told.map(({ showcase }) => showcase.map(({ title }) => title))).toEqual([
      ['Three', 'One', 'Two'],
      ['Two', 'Three', 'One'],
      ['Two', 'Three'],
    ]);
    const { rooms } = house.slices;
    expect(await rooms.showcase.has(streamId, one.productId)).toBe(false);
    expect(await rooms.showcase.of(streamId)).toEqual([two.productId, three.productId]);
    expect(await rooms.streamsShowing(two.productId)).toEqual([streamId]);
  });
});

describe('on the stage', () => {
  test('[M-O1] pin, swap and unpin reach two sockets and a late joiner, and each stands on the timeline', async () => {
    const teapot = await shop.addProduct(aki, vendorId, { title: 'Teapot' });
    const scarf = await shop.addProduct(aki, vendorId, { title: 'Scarf' });
    const streamId = await onAir(teapot, scarf);
    await using second = await house.openSecond();
    await using near = await openSocket(await house.visit());
    await using far = await openSocket(hana, second.address);
    for (const socket of [near, far]) expect((await enter(socket, streamId)).pinned).toBeNull();

    const key = randomUUID();
    const began = Date.now();
    expect((await pin(streamId, teapot, key)).status).toBe(200);
    for (const socket of [near, far]) await socket.until(() => socket.heard('rooms.pinned').length > 0, 1000);
    expect(Date.now() - began).toBeLessThan(1000);
    await pin(streamId, scarf);
    expect((await pin(streamId, teapot, key)).status).toBe(200);
    for (const socket of [near, far]) await socket.until(() => socket.heard('rooms.pinned').length > 1);
    await using late = await openSocket(await house.visit());
    const joined = Pinned.parse((await enter(late, streamId)).pinned);
    expect(joined.product.title).toBe('Scarf');
    await hana.call('DELETE', `/streams/${streamId}/pinned`);
    for (const socket of [near, far, late])
      await socket.until(() => socket.heard('rooms.unpinned').length > 0);
    for (const socket of [near, far])
      expect(socket.heard('rooms.pinned').map(({ d }) => Pinned.parse(d).product.title)).toEqual([
        'Teapot',
        'Scarf',
      ]);

    const [, first, swap, down, ...more] = (await timelineOf(streamId)).filter(
      ({ kind }) => kind !== 'showcase-changed',
    );
    expect(more).toEqual([]);
    expect([first, swap, down]).toMatchObject([
      { kind: 'pin', actor: hana.accountId, data: { productId: teapot.productId } },
      { kind: 'pin', data: { productId: scarf.productId } },
      { kind: 'unpin', data: { productId: scarf.productId } },
    ]);
    const after = await hana.get(`/streams/${streamId}/showcase`, z.object({ items: z.array(ProductView) }));
    expect(after.items.map(({ title }) => title)).toEqual(['Teapot', 'Scarf']);
  });

  test('[RULE-6] what the room is told, the timeline and the snapshot carry one stream time', async () => {
    const teapot = await shop.addProduct(aki, vendorId);
    const streamId = await onAir(teapot);
    await using socket = await openSocket(await house.visit());
    await enter(socket, streamId);
    await pin(streamId, teapot);
    await socket.until(() => socket.heard('rooms.pinned').length > 0);
    const told = Pinned.parse(socket.heard('rooms.pinned')[0]?.d);
    const entry = (await timelineOf(streamId)).find(({ kind }) => kind === 'pin');
    await using late = await openSocket(await house.visit());
    const snapshot = await enter(late, streamId);
    const { liveAt = '' } = StreamView.parse(snapshot.stream);
    expect(entry?.streamMs).toBe(Date.parse(told.pinnedAt) - Date.parse(liveAt));
    expect(told.streamMs).toBe(entry?.streamMs);
    expect(Pinned.parse(snapshot.pinned)).toMatchObject({ streamMs: told.streamMs, pinnedAt: told.pinnedAt });
  });

  test('[M-O1] only what is in the showcase can be pinned', async () => {
    const [shown, hidden] = [await shop.addProduct(aki, vendorId), await shop.addProduct(aki, vendorId)];
    const streamId = await onAir(shown);
    expect(await pin(streamId, hidden)).toMatchObject({ status: 409, body: { code: 'not-in-showcase' } });
  });

  test('[M-O2] every room that shows a product hears available, held and sold as the ledger has them', async () => {
    const teapot = await shop.addProduct(aki, vendorId, { stock: 5 });
    const rooms = [await onAir(teapot), await onAir(await shop.addProduct(aki, vendorId), teapot)];
    await using here = await openSocket(await house.visit());
    await using there = await openSocket(await house.visit());
    const sockets = [here, there] as const;
    for (const [index, socket] of sockets.entries()) {
      const { showcase } = await enter(socket, rooms[index] ?? rooms[0] ?? ('' as StreamId));
      const view = z
        .array(ProductView)
        .parse(showcase)
        .find((one) => one.productId === teapot.productId);
      expect(view?.variants[0]?.stock).toMatchObject({ available: 5, held: 0, sold: 0 });
    }
    const [variant] = teapot.variants;
    if (variant === undefined) throw new Error('a variant');
    const { holds } = house.slices.catalog;
    const lines = [{ variantId: variant.variantId, quantity: 2 }];
    await holds.hold({ holdOwner: 'ord_kept', lines, endsAt: new Date() });
    await holds.hold({ holdOwner: 'ord_paid', lines, endsAt: new Date() });
    await holds.commit('ord_paid');
    const last = (socket: LiveClient) =>
      StockTold.parse(socket.heard('rooms.stock').at(-1)?.d ?? { stock: [] }).stock.find(
        ({ variantId }) => variantId === variant.variantId,
      );
    for (const socket of sockets) {
      await socket.until(() => last(socket)?.sold === 2);
      expect(last(socket)).toMatchObject({ productId: teapot.productId, available: 1, held: 2, sold: 2 });
    }
  });
});

test('a room nobody made cannot be entered', async () => {
  await using socket = await openSocket(await house.visit());
  expect(await socket.ask('room.enter', { streamId: 'stream_unknown' })).toMatchObject({
    ok: false,
    refusal: 'not-found',
  });
});
