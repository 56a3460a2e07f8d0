import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DropView, ReceiptFile, ReceiptKeys, Wallet } from '#contract/drops.ts';
import { verifyReceipt } from '#contract/receipt.ts';
import { TimelineEntry } from '#contract/rooms.ts';
import type { Person } from '../support/cast.ts';
import { type DropRoom, enterRoom, openDropRoom } from '../support/drop-room.ts';
import { eventually } from '../support/drop-servers.ts';

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
const refusalOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  z.object({ code: z.string() }).parse(body).code,
];

describe('claiming', () => {
  test('[S3.6] every viewer hears of an open drop within 2 s, and who comes later gets it on entry', async () => {
    const sockets = await Promise.all(
      [0, 1, 2].map(async (index) => (await enterRoom(at(index), room.streamId)).socket),
    );
    const drop = await room.open(room.form(4, { title: 'Heard' }));
    for (const socket of sockets)
      await socket.until(
        () => socket.heard('drops.opened').some(({ d }) => DropView.parse(d).dropId === drop.dropId),
        2000,
      );
    const opened = sockets[0]?.heard('drops.opened').at(-1);
    expect(opened?.s).toBeGreaterThan(0);
    const late = await enterRoom(at(3), room.streamId);
    expect(late.drops.drop).toEqual(DropView.parse(opened?.d));
    expect(late.drops.grant).toBeNull();
    for (const socket of [...sockets, late.socket]) await socket[Symbol.asyncDispose]();
  });

  test('[S3.7] each answer once: granted, already granted, not eligible, gone, closed; and the same key gets the same', async () => {
    const drop = await room.open(room.form(1, { title: 'Answers' }));
    const { socket } = await enterRoom(at(0), room.streamId);
    const ask = (key: string) => socket.ask('drops.claim', { dropId: drop.dropId, key }, room.streamId);
    expect(await room.claim(room.hana, drop.dropId, 'of-the-host')).toMatchObject({
      outcome: 'not-eligible',
      reason: 'staff',
    });
    const won = await ask('first-key');
    expect(won).toMatchObject({
      ok: true,
      value: { outcome: 'granted', grant: { state: 'granted', title: 'Answers' } },
    });
    expect(await ask('first-key')).toEqual(won);
    expect(await ask('other-key')).toMatchObject({ value: { outcome: 'already-granted' } });
    const lost = await room.claim(at(1), drop.dropId, 'too-late-');
    expect(lost).toMatchObject({ outcome: 'sold-out' });
    await eventually(async () => (await room.claim(at(1), drop.dropId, 'too-late-')).receiptId !== undefined);
    const again = await room.claim(at(1), drop.dropId, 'too-late-');
    expect(again).toMatchObject({ outcome: 'sold-out', receiptId: expect.stringContaining('rcpt_') });
    expect(await room.claim(at(1), drop.dropId, 'too-late-')).toEqual(again);

    const closed = await room.open(room.form(3));
    expect((await room.hana.call('POST', `/drops/${closed.dropId}/close`)).status).toBe(200);
    expect(await room.claim(at(2), closed.dropId)).toMatchObject({ outcome: 'drop-closed' });
    const guest = await room.house.visit();
    expect(
      (
        await guest.call('POST', `/drops/${closed.dropId}/claims`, undefined, {
          'idempotency-key': 'of-a-guest',
        })
      ).status,
    ).toBe(401);
    const draft = await room.prepare(room.form(3));
    const early = await at(2).call('POST', `/drops/${draft.dropId}/claims`, undefined, {
      'idempotency-key': 'much-too-early',
    });
    expect(refusalOf(early)).toEqual([409, 'drop-not-open']);
    await socket[Symbol.asyncDispose]();
  });

  test('[S3.18] [S3.19] the last coupon ends the drop for all; what screens show is what the ledger has', async () => {
    const drop = await room.open(room.form(2, { title: 'Last' }));
    const { socket } = await enterRoom(at(4), room.streamId);
    const left = () =>
      socket
        .heard('drops.left')
        .map(({ d }) => z.object({ dropId: z.string(), left: z.int() }).parse(d))
        .findLast(({ dropId }) => dropId === drop.dropId)?.left;
    await room.claim(at(0), drop.dropId);
    await socket.until(() => left() !== undefined);
    expect(left()).toBe((await at(4).get(`/drops/${drop.dropId}`, DropView)).left);
    expect(left()).toBe(1);
    await room.claim(at(1), drop.dropId);
    await socket.until(() => socket.heard('drops.exhausted').length > 0);
    expect(socket.heard('drops.exhausted')[0]?.d).toMatchObject({
      dropId: drop.dropId,
      state: 'exhausted',
      left: 0,
      closeReason: 'last-granted',
    });
    const timeline = await room.hana.get(
      `/streams/${room.streamId}/timeline`,
      z.object({ items: z.array(TimelineEntry) }),
    );
    const ours = timeline.items.filter(({ data }) => data.dropId === drop.dropId);
    expect(ours.map(({ kind }) => kind)).toEqual(['drop-opened', 'drop-closed']);
    await socket[Symbol.asyncDispose]();
  });

  test('[S3.16] a drop ended early takes no claims, and its grants stand to their printed end', async () => {
    const drop = await room.open(room.form(3, { title: 'Early' }));
    const won = await room.claim(at(0), drop.dropId);
    const { socket } = await enterRoom(at(1), room.streamId);
    await room.hana.call('POST', `/drops/${drop.dropId}/close`);
    await socket.until(() => socket.heard('drops.closed').length > 0, 2000);
    expect(await room.claim(at(1), drop.dropId)).toMatchObject({ outcome: 'drop-closed' });
    const kept = (await at(0).get('/wallet', Wallet)).grants.find(
      ({ grantId }) => grantId === won.grant?.grantId,
    );
    expect(kept).toEqual(won.grant);
    await socket[Symbol.asyncDispose]();
  });

  test('[S3.12] what card and wallet count down to are instants on server time, told with it', async () => {
    const before = room.house.slices.clock.now();
    const drop = await room.open(
      room.form(3, { claimWindowMs: 60_000, validity: { kind: 'after-grant', minutes: 2 } }),
    );
    const { grant } = await room.claim(at(0), drop.dropId);
    const { socket, drops } = await enterRoom(at(0), room.streamId);
    const after = room.house.slices.clock.now();
    expect(drops.serverNow).toBeGreaterThanOrEqual(before);
    expect(drops.serverNow).toBeLessThanOrEqual(after);
    const ms = (text: string | undefined) => Date.parse(text ?? '');
    expect(ms(drops.drop?.closesAt) - ms(drops.drop?.openedAt)).toBe(60_000);
    expect(ms(grant?.validUntil) - ms(grant?.grantedAt)).toBe(120_000);
    expect(ms(grant?.grantedAt)).toBeGreaterThanOrEqual(ms(drop.openedAt));
    expect(ms(grant?.grantedAt)).toBeLessThanOrEqual(after);
    expect(drops.grant).toEqual(grant);
    expect(drops.usable).toContainEqual(grant);
    await socket[Symbol.asyncDispose]();
  });

  test('[S3.7] the winner hears of the coupon on every socket', async () => {
    const drop = await room.open(room.form(3));
    const other = await enterRoom(at(2), room.streamId);
    const { grant } = await room.claim(at(2), drop.dropId);
    await other.socket.until(() => other.socket.heard('drops.granted').length > 0);
    expect(other.socket.heard('drops.granted')[0]?.d).toEqual(grant);
    await other.socket[Symbol.asyncDispose]();
  });
});

test('[M-D2] receipts of winner and loser are in the wallet, load, and verify with the published key', async () => {
  const drop = await room.open(room.form(1, { title: 'Receipts' }));
  const won = await room.claim(at(0), drop.dropId);
  await room.claim(at(1), drop.dropId, 'loser-key');
  const lost = await eventually(async () => {
    const wallet = await at(1).get('/wallet', Wallet);
    return wallet.losingClaims.find(({ dropId }) => dropId === drop.dropId);
  });
  expect(lost).toMatchObject({ outcome: 'sold-out', title: 'Receipts', number: 2 });
  const { keys } = await at(0).get('/receipt-keys', ReceiptKeys);
  for (const [person, receiptId, outcome] of [
    [at(0), won.receiptId, 'granted'],
    [at(1), lost.receiptId, 'sold-out'],
  ] as const) {
    const reply = await person.call('GET', `/receipts/${receiptId}`);
    expect(reply.headers.get('content-disposition')).toContain(`${receiptId}.json`);
    const receipt = ReceiptFile.parse(reply.body);
    expect(receipt.leaf).toMatchObject({ dropId: drop.dropId, outcome });
    expect(await verifyReceipt(receipt, keys)).toBe('valid');
    expect(await verifyReceipt({ ...receipt, leaf: { ...receipt.leaf, number: 7 } }, keys)).toBe(
      'not-under-root',
    );
  }
  expect((await at(2).call('GET', `/receipts/${won.receiptId}`)).status).toBe(404);
});

test('[M-P5] claim log, grants and receipts hold a pseudonym, and no account or handle', async () => {
  const drop = await room.open(room.form(1));
  await room.claim(at(3), drop.dropId);
  const { mongo, redis } = room.house.slices;
  const rows = await Promise.all(
    ['drops', 'grants', 'claim_batches'].map((name) => mongo.collection(name).find({}).toArray()),
  );
  const log = await redis.xrange(`{${drop.dropId}}:log`, '-', '+');
  const answers = await redis.hgetall(`{${drop.dropId}}:answers`);
  const text = JSON.stringify([rows, log, answers]);
  expect(text).toContain(
    (await room.house.slices.identity.pseudonym(at(3).accountId, 'claims')).slice(0, 22),
  );
  for (const person of viewers) {
    expect(text).not.toContain(person.accountId);
    expect(text).not.toContain(`"${person.handle}"`);
  }
});
