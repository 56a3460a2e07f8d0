import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DropDeskView, Wallet } from '#contract/drops.ts';
import type { Person } from '../support/cast.ts';
import { type DropRoom, enterRoom, openDropRoom } from '../support/drop-room.ts';
import { eventually } from '../support/drop-servers.ts';
import { shop } from '../support/shop.ts';

let room: DropRoom;
let viewers: Person[];
beforeAll(async () => {
  room = await openDropRoom();
  viewers = await Promise.all(['v1', 'v2', 'v3', 'v4', 'v5'].map((name) => room.house.visit(name)));
});
afterAll(() => room[Symbol.asyncDispose]());

const at = (index: number): Person => {
  const person = viewers[index];
  if (!person) throw new Error(`no viewer ${index}`);
  return person;
};
const DeskList = z.object({ drops: z.array(DropDeskView) });
const refusalOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  z.object({ code: z.string() }).parse(body).code,
];

describe('preparing and releasing', () => {
  test('[S3.1] [M-H3] a drop is kept as the form says, before and during the broadcast, with its worst case', async () => {
    const { streamId: ahead } = await shop.schedule(room.hana, room.channelId, 'Tomorrow');
    await room.hana.call('PUT', `/streams/${ahead}/showcase/${room.teapot.productId}`);
    const form = room.form(5, {
      title: 'Evening',
      validity: { kind: 'until', endsAt: '2031-01-01T00:00:00.000Z' },
    });
    for (const streamId of [room.streamId, ahead]) {
      const prepared = await room.prepare(form, streamId);
      expect(prepared).toMatchObject({
        ...form,
        ...{ streamId, state: 'draft', left: 5, perViewer: 1, channelId: room.channelId },
        funders: [{ funder: 'vendor', basisPoints: 10_000 }],
        worstCase: { amount: 5000, currency: 'USD' },
      });
      await using second = await room.house.openSecond();
      const { drops } = await elsewhere(room.hana, second.address).get(
        `/streams/${streamId}/desk/drops`,
        DeskList,
      );
      expect(drops).toContainEqual(prepared);
    }
  });

  test('[S3.1] the same request sent twice prepares one drop', async () => {
    const path = `/streams/${room.streamId}/drops`;
    const send = () =>
      room.hana.send('POST', path, room.form(3, { title: 'Once' }), DropDeskView, 'prepare-this-once');
    expect((await send()).dropId).toBe((await send()).dropId);
  });

  test('[S3.2] goods outside the room are refused, and a drop never shows in another room', async () => {
    const foreign = room.form(5, { productIds: [room.teapot.productId, room.coat.productId] });
    const refused = await room.hana.call('POST', `/streams/${room.streamId}/drops`, foreign, {
      'idempotency-key': 'foreign-goods',
    });
    expect(refusalOf(refused)).toEqual([409, 'not-your-drop']);
    const elsewhereId = await room.onAir(room.coat);
    const drop = await room.open(room.form(5));
    const { socket, drops } = await enterRoom(at(0), elsewhereId);
    expect(drops.drop).toBeNull();
    const key = 'from-another-room';
    const answer = await socket.ask('drops.claim', { dropId: drop.dropId, key }, elsewhereId);
    expect(answer).toMatchObject({ ok: false, refusal: 'not-found' });
    expect(socket.heard('drops.opened')).toEqual([]);
    await socket[Symbol.asyncDispose]();
  });

  test('[S3.5] only the host and a delegate for drops may prepare one, and the audit names who did', async () => {
    const path = `/streams/${room.streamId}/drops`;
    const send = (person: Person) =>
      person.call('POST', path, room.form(2), { 'idempotency-key': `prepared-by-${person.handle}` });
    const [dee, mo, foreign] = [
      await room.house.visit('dee'),
      await room.house.visit('mo'),
      await room.house.visit('hobart'),
    ];
    await shop.openChannel(foreign, 'Another channel');
    const appoint = (handle: string, permission: string) =>
      room.hana.call('POST', '/role-grants', {
        handle,
        grant: { role: 'delegate', channelId: room.channelId, permissions: [permission] },
      });
    await appoint('dee', 'drop');
    await appoint('mo', 'moderate');
    expect((await send(at(0))).status).toBe(403);
    expect((await send(foreign)).status).toBe(403);
    expect((await send(mo)).status).toBe(403);
    expect(
      (
        await (
          await room.house.visit()
        ).call('POST', path, room.form(2), { 'idempotency-key': 'nobody-at-all' })
      ).status,
    ).toBe(401);
    const prepared = await send(dee);
    expect(prepared.status).toBe(201);
    const { dropId } = DropDeskView.parse(prepared.body);
    const entries = await room.house.slices.mongo.collection('audit').find({ object: dropId }).toArray();
    expect(entries).toMatchObject([{ action: 'drop.configure', object: dropId }]);
    expect(JSON.stringify(entries)).toContain(dee.accountId);
  });

  test("[M-V4] a drop on another's goods opens only when its vendor approves; the word taken back ends new claims only", async () => {
    const { dropId, approvals } = await room.prepare(room.form(3, { title: 'Asked' }));
    expect(approvals).toEqual([{ vendorId: room.vendorId, state: 'asked' }]);
    await room.closeOpen();
    expect(refusalOf(await room.release(dropId))).toEqual([409, 'drop-not-ready']);
    const stranger = await room.hana.call('PUT', `/drops/${dropId}/approvals/${room.vendorId}`, {
      decision: 'approved',
    });
    expect(stranger.status).toBe(403);
    expect((await room.approve(dropId)).status).toBe(200);
    expect((await room.release(dropId)).status).toBe(200);
    const won = await room.claim(at(0), dropId);
    expect((await room.approve(dropId, 'refused')).body).toMatchObject({
      state: 'closed',
      closeReason: 'approval-withdrawn',
    });
    expect(await room.claim(at(1), dropId)).toMatchObject({ outcome: 'drop-closed' });
    const { grants } = await at(0).get('/wallet', Wallet);
    expect(grants).toContainEqual(won.grant);
  });

  test('[S3.18] one drop is open in a room: a second release is refused while it is, also at the same moment', async () => {
    await room.closeOpen();
    const drops = await Promise.all(
      ['a', 'b', 'c', 'd'].map((title) => room.prepare(room.form(2, { title }))),
    );
    for (const { dropId } of drops) await room.approve(dropId);
    const replies = await Promise.all(drops.map(({ dropId }) => room.release(dropId)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const reply of replies.filter(({ status }) => status !== 200))
      expect(refusalOf(reply)).toEqual([409, 'drop-open-already']);
    await room.closeOpen();
    const [next] = drops.filter((_drop, index) => replies[index]?.status !== 200);
    expect(next && (await room.release(next.dropId)).status).toBe(200);
  });

  test('[S3.18] a window longer than the limit is refused, and an open drop ends with its own', async () => {
    const long = room.form(2, { claimWindowMs: 1_200_001 });
    const refused = await room.hana.call('POST', `/streams/${room.streamId}/drops`, long, {
      'idempotency-key': 'far-too-long',
    });
    expect(refusalOf(refused)).toEqual([422, 'invalid-request']);
    const { dropId } = await room.open(room.form(5, { claimWindowMs: 1000 }));
    const { socket } = await enterRoom(at(0), room.streamId);
    await eventually(async () => (await room.house.slices.drops.sweep()) > 0);
    await socket.until(() => socket.heard('drops.closed').length > 0);
    expect(socket.heard('drops.closed')[0]?.d).toMatchObject({ dropId, closeReason: 'window-over', left: 5 });
    expect(await room.claim(at(1), dropId)).toMatchObject({ outcome: 'drop-closed' });
    await socket[Symbol.asyncDispose]();
  });
});

/** The same browser at another server. */
function elsewhere(person: Person, address: string): Person {
  return Object.assign(Object.create(Object.getPrototypeOf(person)), person, { address });
}
