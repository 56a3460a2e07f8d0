import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { z } from 'zod';
import { startMongo } from '../setup/mongo.ts';
import { startRedis } from '../setup/redis.ts';
import { claimAsClient, DropProcess, type History } from './drop-run.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from './report.ts';

export type DropFault = 'kill-redis' | 'flush-redis' | 'kill-server';

/** Which planted bug each fault's checks must find. */
const controlOf: Record<DropFault, string> = {
  'kill-redis': 'told-too-early',
  'flush-redis': 'opened-in-full',
  'kill-server': 'told-too-early',
};

const Released = z.object({ ok: z.literal(true), value: z.object({ dropId: z.string() }) });

type Size = { claims: number; faults: number; mongoUri?: string };

/**
 * Claims on one drop over two servers while something is broken again and again, once as it is and once with a
 * planted bug.
 */
export async function breakDrops(name: DropFault, seed: number, size: Size): Promise<ChaosReport> {
  const findings = await runOnce(name, seed, size, undefined);
  const control = controlOf[name];
  const small = { ...size, claims: Math.min(size.claims, 200), faults: Math.min(size.faults, 2) };
  const caught = !isClean(await runOnce(name, seed, small, control));
  return { name, seed, ...findings, controls: [{ name: control, caught }] };
}

async function runOnce(
  name: DropFault,
  seed: number,
  size: Size,
  bug: string | undefined,
): Promise<Findings> {
  const dice = seededDice(seed);
  const dataDir = mkdtempSync(join(tmpdir(), 'dropcast-chaos-'));
  let redis = await startRedis({ dataDir: join(dataDir, 'redis'), fsync: true });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  closing.defer(() => redis[Symbol.asyncDispose]());
  const uri = size.mongoUri ?? closing.use(await startMongo({ data: 'memory', fsync: true })).uri;
  const mongoUri = new URL(uri);
  mongoUri.pathname = `/chaos_${process.pid}_${Math.floor(performance.now() * 1000)}`;
  const mongo = closing.adopt(await mongoose.createConnection(mongoUri.href).asPromise(), (open) =>
    open.close(),
  );

  const env = {
    ...{ REDIS_URL: redis.url, MONGODB_URI: mongoUri.href, DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
    ...{ PORT: '0', CHAOS_PLANTED: bug ?? '' },
  };
  const servers = [new DropProcess(env), new DropProcess(env)];
  const recorder = new DropProcess({ ...env, CHAOS_RECORDER: '1' });
  for (const server of [...servers, recorder]) {
    closing.use(server);
    await server.start();
  }

  const stock = Math.max(1, Math.floor(size.claims / 4));
  const released = Released.parse(await servers[0]?.ask({ do: 'release', stock }));
  const { dropId } = released.value;
  const granted = () => mongo.collection('grants').countDocuments({ dropId });
  // Claims arrive over a stretch in which every fault has its moment before the stock is gone.
  const stretchMs = 1500 + size.faults * 800;
  // With a planted bug some will never be answered.
  const deadline = performance.now() + stretchMs + (bug === undefined ? 60_000 : 4000);
  const clients = Array.from({ length: size.claims }, async (_, index) => {
    await wait(dice() * stretchMs);
    return claimAsClient(servers, dropId, `v${index}`, { dice, deadline });
  });

  let faults = 0;
  const breakOnce: Record<DropFault, () => Promise<void>> = {
    'kill-redis': async () => {
      process.kill(redis.pid, 'SIGKILL');
      await redis.ended;
      redis = await startRedis({ dataDir: join(dataDir, 'redis'), fsync: true });
    },
    'flush-redis': async () => {
      const admin = new Redis(redis.url);
      await admin.flushall();
      admin.disconnect();
    },
    'kill-server': async () => {
      const server = servers[Math.floor(dice() * servers.length)];
      await server?.kill();
      await server?.start();
    },
  };
  for (let index = 1; index <= size.faults; index += 1) {
    const share = (stock * index) / (size.faults + 1);
    const patience = performance.now() + stretchMs / (size.faults + 1) + 300;
    while ((await granted()) < share && performance.now() < patience) await wait(10 + dice() * 20);
    await breakOnce[name]();
    faults += 1;
  }
  const histories = await Promise.all(clients);
  // The record is quiet when two looks 2 s apart are alike: recorders take 1.5 s before they step in.
  for (let before = -1, now = await granted(); before !== now && now < stock; now = await granted()) {
    before = now;
    await wait(2000);
  }
  const rows = await mongo.collection('grants').find({ dropId }).toArray();
  return judge(
    histories,
    rows.map(({ _id, viewer }) => ({ grantId: String(_id), viewer: String(viewer) })),
    { stock, faults },
  );
}

/** Holds what clients heard against what the record has. */
export function judge(
  histories: readonly History[],
  grants: readonly { grantId: string; viewer: string }[],
  { stock, faults }: { stock: number; faults: number },
): Findings {
  const recorded = new Set(grants.map(({ grantId }) => grantId));
  const answered = histories.filter(({ answers }) => answers.length > 0);
  const told = answered.flatMap(({ answers }) =>
    answers.filter(({ outcome }) => outcome === 'granted').slice(0, 1),
  );
  const gone = told.filter(({ grant }) => grant === undefined || !recorded.has(grant.grantId)).length;
  const changed = answered.filter(
    ({ answers }) => new Set(answers.map(({ outcome, grant }) => `${outcome} ${grant?.grantId}`)).size > 1,
  ).length;
  return {
    operations: histories.length,
    acknowledged: answered.length,
    lost: gone + changed,
    oversold: Math.max(0, grants.length - stock, told.length - stock),
    doubled: grants.length - new Set(grants.map(({ viewer }) => viewer)).size,
    undersold: Math.max(0, Math.min(stock, histories.length) - grants.length),
    unresolved: histories.length - answered.length,
    faults,
  };
}
