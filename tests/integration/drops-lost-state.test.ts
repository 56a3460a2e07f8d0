import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ClaimAnswer } from '#contract/drops.ts';
import type { DropId } from '#contract/ids.ts';
import type { DropsParts } from '#server/drops/index.ts';
import type { DropRecord } from '#server/drops/store.ts';
import { repeat } from '#server/platform/lifetime.ts';
import {
  type DropServer,
  eventually,
  keyOf,
  openDropServer,
  teapotDrop,
  viewer,
} from '../support/drop-servers.ts';
import { openMongo } from '../support/mongo.ts';
import { openRedis } from '../support/redis.ts';

/** Claims as a client does: asks again with the same key until there is an answer, at any server; all answers heard. */
async function claimStubbornly(servers: DropServer[], dropId: DropId, name: string): Promise<ClaimAnswer> {
  const deadline = performance.now() + 30_000;
  for (let tries = name.length; performance.now() < deadline; tries += 1) {
    const server = servers[tries % servers.length];
    const answer = await server?.drops.claim(viewer(name), dropId, keyOf(name)).catch(() => undefined);
    if (answer?.ok) return answer.value;
    await wait(50);
  }
  throw new Error(`${name} got no answer`);
}

/** What workers do, for what a killed Redis had decided and nobody heard. */
const recorder = ({ drops }: DropServer) =>
  repeat(
    200,
    () => drops.persistStream('recorder'),
    () => {},
  );

const names = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

async function expectKept(server: DropServer, dropId: DropId, answers: ClaimAnswer[], stock: number) {
  const grants = await server.grants.ofDrop(dropId);
  const told = answers.filter(({ outcome }) => outcome === 'granted').map(({ grant }) => grant?.grantId);
  expect(grants.length).toBeLessThanOrEqual(stock);
  expect(new Set(grants.map((grant) => grant.viewer)).size).toBe(grants.length);
  expect(grants.map(({ grantId }) => grantId)).toEqual(expect.arrayContaining(told));
  return { grants, told };
}

test('[M-D1] Redis killed mid-drop and started again: every answer stands, and exactly the stock is granted', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'dropcast-kill-'));
  let redis = await openRedis({ dataDir, fsync: true });
  try {
    const stores = { redisUrl: redis.url, mongoUri: openMongo() };
    await using one = await openDropServer(stores);
    await using other = await openDropServer(stores);
    await using _recorder = recorder(other);
    const drop = await one.release(teapotDrop(60));
    const heard = new Map<string, ClaimAnswer>();
    const claiming = names(240).map(async (name, index) => {
      await wait(index * 8);
      heard.set(name, await claimStubbornly([one, other], drop.dropId, name));
    });
    for (const answered of [10, 25, 40]) {
      await eventually(async () => heard.size >= answered);
      process.kill(redis.pid, 'SIGKILL');
      await redis.ended;
      redis = await openRedis({ dataDir, fsync: true });
    }
    await Promise.all(claiming);
    const { told } = await expectKept(one, drop.dropId, [...heard.values()], 60);
    expect(told).toHaveLength(60);
    // Nobody's answer changes when it is asked for again.
    for (const name of names(240).slice(0, 90)) {
      const again = await claimStubbornly([other, one], drop.dropId, name);
      expect(again.outcome).toBe(heard.get(name)?.outcome);
    }
  } finally {
    await redis[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('[S3.8] [M-D1] Redis emptied mid-drop, twice: at most the stock, judged by what viewers were told, and nothing told is lost', async () => {
  await using redis = await openRedis({ fsync: true });
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  await using one = await openDropServer(stores);
  await using other = await openDropServer(stores);
  await using _recorder = recorder(other);
  const drop = await one.release(teapotDrop(60));
  const claiming = names(240).map(async (name, index) => {
    await wait(index * 8);
    return claimStubbornly([one, other], drop.dropId, name);
  });
  for (const left of [45, 20]) {
    await eventually(async () => ((await one.record.get(drop.dropId))?.left ?? 0) <= left);
    await one.redis.flushall();
  }
  const answers = await Promise.all(claiming);
  const { grants, told } = await expectKept(one, drop.dropId, answers, 60);
  expect(told.length).toBeLessThanOrEqual(60);
  expect(grants).toHaveLength(60);
  const present = await one.record.get(drop.dropId);
  expect(present?.epoch).toBeGreaterThan(1);
  expect(present?.left).toBe(0);
  // Who was told "yours" is told so again after the loss, with the same key.
  const winner = answers.findIndex(({ outcome }) => outcome === 'granted');
  const again = await claimStubbornly([other], drop.dropId, `v${winner}`);
  expect(again).toEqual(answers[winner]);
});

test('[S3.8] [M-D1] Redis comes back with an older state: the drop goes on from the record, within stock', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'dropcast-older-'));
  let redis = await openRedis({ dataDir, fsync: true });
  try {
    await using server = await openDropServer({ redisUrl: redis.url, mongoUri: openMongo() });
    const drop = await server.release(teapotDrop(6));
    const claimAll = (some: string[]) =>
      Promise.all(some.map((name) => claimStubbornly([server], drop.dropId, name)));
    const early = await claimAll(['a', 'b']);
    cpSync(join(dataDir, 'appendonlydir'), join(dataDir, 'older'), { recursive: true });
    const later = await claimAll(['c', 'd', 'e']);
    process.kill(redis.pid, 'SIGKILL');
    await redis.ended;
    rmSync(join(dataDir, 'appendonlydir'), { recursive: true });
    renameSync(join(dataDir, 'older'), join(dataDir, 'appendonlydir'));
    redis = await openRedis({ dataDir, fsync: true });
    const last = await claimAll(['f', 'g', 'h', 'c']);
    expect(
      last
        .slice(0, 3)
        .map(({ outcome }) => outcome)
        .toSorted(),
    ).toEqual(['granted', 'sold-out', 'sold-out']);
    expect(last[3]).toEqual(later[0]);
    const { grants } = await expectKept(server, drop.dropId, [...early, ...later, ...last], 6);
    expect(grants).toHaveLength(6);
    expect((await server.record.get(drop.dropId))?.epoch).toBe(2);
  } finally {
    await redis[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('[S3.8] a revoked coupon gives its unit back once, also when the state is lost after it', async () => {
  await using redis = await openRedis();
  await using server = await openDropServer({ redisUrl: redis.url, mongoUri: openMongo() });
  const drop = await server.release(teapotDrop(2));
  const won = await claimStubbornly([server], drop.dropId, 'a');
  const grantId = won.grant?.grantId;
  if (!grantId) throw new Error('no coupon');
  expect([await server.drops.revoke(grantId), await server.drops.revoke(grantId)]).toEqual([true, true]);
  expect(await server.arbiter.standing(drop.dropId)).toMatchObject({ left: 2 });
  expect(await server.record.get(drop.dropId)).toMatchObject({ left: 2 });
  await server.redis.flushall();
  const others = await Promise.all(
    ['b', 'c', 'd'].map((name) => claimStubbornly([server], drop.dropId, name)),
  );
  expect(others.map(({ outcome }) => outcome).toSorted()).toEqual(['granted', 'granted', 'sold-out']);
  expect((await claimStubbornly([server], drop.dropId, 'a')).grant).toMatchObject({
    grantId,
    state: 'revoked',
  });
});

/** A record that writes no batch before `wake()`. */
function sleepyRecord() {
  const { promise, resolve: wake } = Promise.withResolvers<void>();
  const replace = ({ record }: DropsParts) => {
    const addPending: DropRecord['addPending'] = async (batch) => {
      await promise;
      return record.addPending(batch);
    };
    return { record: { ...record, addPending } };
  };
  return { wake, replace };
}

test('[M-D1] a process that slept through a lost state finds the guard closed: its batch is void, and it told nobody', async () => {
  await using redis = await openRedis();
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  const { wake, replace } = sleepyRecord();
  await using asleep = await openDropServer(stores, replace);
  await using awake = await openDropServer(stores);
  const drop = await awake.release(teapotDrop(3));
  const slow = asleep.drops.claim(viewer('slow'), drop.dropId, keyOf('slow'));
  await eventually(async () => (await awake.arbiter.standing(drop.dropId))?.left === 2);
  await awake.redis.flushall();
  for (const name of ['a', 'b'])
    expect(await claimStubbornly([awake], drop.dropId, name)).toMatchObject({ outcome: 'granted' });
  wake();
  // Its claim was decided anew, in the epoch that stands: the receipt's name says so.
  expect(await slow).toMatchObject({
    ok: true,
    value: { outcome: 'granted', number: 3, receiptId: expect.stringMatching(/^rcpt_\w+-2-/) },
  });
  expect(await claimStubbornly([awake], drop.dropId, 'c')).toMatchObject({ outcome: 'sold-out' });
  expect(await awake.grants.ofDrop(drop.dropId)).toHaveLength(3);
});

test('[M-D1] a slow record: "not known yet" after 2 s, and the same key gets the answer later', async () => {
  await using redis = await openRedis();
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  const { wake, replace } = sleepyRecord();
  await using server = await openDropServer(stores, replace);
  const drop = await server.release(teapotDrop(5));
  const started = performance.now();
  const ask = () => server.drops.claim(viewer('v1'), drop.dropId, keyOf('v1'));
  const first = ask();
  await eventually(async () => (await server.arbiter.standing(drop.dropId))?.left === 4);
  // The arbiter has an answer to the key by now; nobody may hear it yet.
  expect(await Promise.all([first, ask()])).toEqual([
    { ok: false, refusal: 'not-known-yet' },
    { ok: false, refusal: 'not-known-yet' },
  ]);
  expect(performance.now() - started).toBeGreaterThan(1900);
  expect(await server.grants.ofDrop(drop.dropId)).toEqual([]);
  wake();
  const answer = await claimStubbornly([server], drop.dropId, 'v1');
  expect(answer).toMatchObject({ outcome: 'granted', number: 1 });
});

test('[M-D1] what a dead process had decided and not written, the recorders write', async () => {
  await using redis = await openRedis();
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  await using server = await openDropServer(stores);
  const drop = await server.release(teapotDrop(2));
  // The dead process got as far as the arbiter.
  const viewers = ['a', 'b', 'c'].map((name) => viewer(name));
  const claims = await Promise.all(
    viewers.map(async ({ accountId }) => ({
      viewer: await server.identity.pseudonym(accountId, 'claims'),
      key: keyOf(accountId.replace('acc_', '')),
      verdict: '' as const,
    })),
  );
  await server.arbiter.claim(drop.dropId, drop, claims);
  expect(await server.grants.ofDrop(drop.dropId)).toEqual([]);
  await eventually(async () => (await server.drops.persistStream('one')) > 0);
  expect(await server.grants.ofDrop(drop.dropId)).toHaveLength(2);
  expect(await claimStubbornly([server], drop.dropId, 'b')).toMatchObject({ outcome: 'granted', number: 2 });
  // The first answer may come from memory, without a number.
  expect(await claimStubbornly([server], drop.dropId, 'c')).toMatchObject({ outcome: 'sold-out' });
  expect(await claimStubbornly([server], drop.dropId, 'c')).toMatchObject({ outcome: 'sold-out', number: 3 });
  expect(await server.drops.persistStream('two')).toBe(0);
});

test('[M-D1] an entry of the log that cannot be read is set aside after five tries, and the rest flows', async () => {
  await using redis = await openRedis();
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  await using server = await openDropServer(stores, quickLog);
  const drop = await server.release(teapotDrop(2));
  await server.redis.xadd(`{${drop.dropId}}:log`, '*', 'claims', 'nonsense');
  await server.arbiter.claim(drop.dropId, drop, [{ viewer: 'x'.repeat(22), key: 'key-0001', verdict: '' }]);
  await eventually(async () => {
    await server.drops.persistStream('one');
    return (await server.mongo.collection('claim_entries_aside').countDocuments({})) === 1;
  });
  await eventually(async () => {
    await server.drops.persistStream('one');
    return (await server.grants.ofDrop(drop.dropId)).length === 1;
  });
});

/** Entries count as left behind at once. */
const quickLog = ({ log }: DropsParts): Partial<DropsParts> => ({
  log: { ...log, read: (dropId, name, { count }) => log.read(dropId, name, { count, idleMs: 0 }) },
});
