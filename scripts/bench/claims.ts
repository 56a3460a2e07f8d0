import { execFile, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { DropId } from '#contract/ids.ts';
import { redisArbiter } from '#server/compose.ts';
import { startRedis } from '../setup/redis.ts';
import type { Bench } from './frame.ts';

const run = promisify(execFile);
const lua = readFileSync(new URL('../../server/drops/lua/claim.lua', import.meta.url), 'utf8');
const dropId = DropId.parse('drop_bench');

/** Both sides keep this many claims in flight: 50 connections with 16 each, or 8 batches of 100. */
const connections = 50;
const pipeline = 16;
const batch = 100;
const lanes = (connections * pipeline) / batch;
const winnersOnly = 'redis-benchmark';
const mostlyLosers = 'redis-benchmark, 1 % winners';

/**
 * Claims decided a second: ours in batches, against `redis-benchmark` running the same script on the same state one
 * claim at a time. `isDurable`: both with an fsync before each reply.
 */
export async function claimsBench({
  isDurable,
  claims,
}: {
  isDurable: boolean;
  claims: number;
}): Promise<Bench> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dropcast-bench-'));
  const server = await startRedis({ fsync: isDurable, ...(isDurable ? { dataDir } : {}) });
  const redis = new Redis(server.url);
  const arbiter = redisArbiter(redis);
  const said = spawnSync('redis-benchmark', ['--version'], { encoding: 'utf8' }).stdout;
  const version = /[\d.]+/.exec(said)?.[0] ?? 'unknown';
  const fsyncMs = isDurable ? fsyncTime(dataDir) : 0;

  const freshDrop = async (stock: number) => {
    await redis.flushall();
    const now = await arbiter.now();
    const state = {
      dropId,
      epoch: 1,
      rules: 1,
      left: stock,
      perViewer: 1,
      openedAt: now,
      closesAt: now + 3_600_000,
    };
    await arbiter.open(state);
    await arbiter.load(dropId, 1, [], true);
    return state;
  };

  const ours = async (stock: number): Promise<number> => {
    const drop = await freshDrop(stock);
    let next = 0;
    let won = 0;
    const lane = async () => {
      while (next < claims) {
        const from = next;
        next += batch;
        const asks = Array.from({ length: batch }, (_, index) => ({
          viewer: `viewer-${String(from + index).padStart(12, '0')}`,
          key: 'key-0001',
          verdict: '' as const,
        }));
        const reply = await arbiter.claim(dropId, drop, asks);
        if (reply.status !== 'decided') throw new Error(reply.status);
        for (const { answer } of reply.answers) if (answer.outcome === 'granted') won += 1;
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: lanes }, lane));
    const seconds = (performance.now() - started) / 1000;
    if (won !== Math.min(stock, next)) throw new Error(`${won} won of a stock of ${stock}`);
    return next / seconds;
  };

  const theirs = async (stock: number): Promise<number> => {
    await freshDrop(stock);
    const sha = String(await redis.script('LOAD', lua));
    const keys = ['state', 'answers', 'grants', 'log'].map((part) => `{${dropId}}:${part}`);
    const claim = ['1', '1', 'viewer-__rand_int__', 'key-0001', ''];
    const address = server.url.startsWith('redis:') ? ['-u', server.url] : ['-s', server.url];
    const options = ['-n', claims, '-c', connections, '-P', pipeline, '-r', 2_147_483_647, '--csv'].map(
      String,
    );
    const { stdout } = await run(
      'redis-benchmark',
      [...address, ...options, 'EVALSHA', sha, '4', ...keys, ...claim],
      {
        maxBuffer: 1 << 24,
      },
    );
    const rate = /^"[^\n]*EVALSHA[^\n]*?","([\d.]+)"/m.exec(stdout)?.[1];
    if (rate === undefined) throw new Error(`redis-benchmark said: ${stdout}`);
    // As many winners as stock: it made real decisions.
    const standing = await arbiter.standing(dropId);
    if ((standing?.number ?? 0) < claims * 0.9) throw new Error(`it decided ${standing?.number} claims`);
    return Number(rate);
  };

  return {
    name: isDurable ? 'claims-durable' : 'claims',
    unit: 'claims/s',
    versions: { [winnersOnly]: version, [mostlyLosers]: version },
    notes: [
      `${claims} claims a run on one drop, ${connections * pipeline} in flight on both sides, over one unix socket`,
      `ours: ${lanes} batches of ${batch}; baseline: -c ${connections} -P ${pipeline}, the same claim.lua with one claim a call`,
      isDurable
        ? `appendfsync always on both sides: a reply is on disk; one fsync takes ${fsyncMs.toFixed(2)} ms here (median)`
        : 'no append-only file on either side',
      'the second baseline has a stock of 1 % of the claims on both sides',
    ],
    async round() {
      const few = Math.floor(claims / 100);
      return {
        ours: await ours(claims),
        baselines: {
          [winnersOnly]: { value: await theirs(claims) },
          [mostlyLosers]: { against: await ours(few), value: await theirs(few) },
        },
      };
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await server[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The median of 51 small writes with fsync, in milliseconds. */
function fsyncTime(folder: string): number {
  const file = openSync(join(folder, 'fsync-probe'), 'w');
  const times = Array.from({ length: 51 }, () => {
    writeSync(file, 'x'.repeat(100));
    const started = performance.now();
    fsyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  return times.toSorted((a, b) => a - b)[25] ?? 0;
}
