import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../../scripts/setup/free-port.ts';
import { ensureMongo } from '../../scripts/setup/mongo.ts';
import { ensureRedis } from '../../scripts/setup/redis.ts';
import { takeDataFolder } from '../../scripts/supervisor/data-folder.ts';
import { planStores } from '../../scripts/supervisor/plan.ts';
import { raiseShow } from '../../scripts/supervisor/show.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'dropcast-stores-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('killed stores come back under the same address with what they had answered for', async ({ skip }) => {
  const [redis, mongoDb] = [await ensureRedis(), await ensureMongo()];
  if (redis.binary === undefined || mongoDb.kind === 'address')
    return skip('the stores here are not ours to kill');
  const redisUrl = join(dataDir, 'redis', 'redis.sock');
  const mongoUri = `mongodb://127.0.0.1:${await freePort(0)}/dropcast`;
  const stores = planStores({ dataDir, redisUrl, mongoUri }, { redis, mongo: mongoDb });
  using folder = await takeDataFolder(dataDir);
  await using show = await raiseShow({ url: '', waves: [stores] }, folder, {
    tell: () => undefined,
    pause: () => ({ inARow: 1, pauseMs: 10 }),
  });

  const cache = new Redis(redisUrl);
  cache.on('error', () => undefined);
  const record = new mongo.MongoClient(mongoUri);
  const grants = record.db().collection<{ _id: string }>('grants');
  await cache.set('claim', 'secured');
  await grants.insertOne({ _id: 'grant' });

  for (const name of ['redis', 'mongo']) {
    const part = show.parts.get(name);
    const pid = part?.pid() ?? 0;
    process.kill(pid, 'SIGKILL');
    await vi.waitUntil(() => ![0, pid].includes(part?.pid() ?? 0), { timeout: 8000 });
  }
  expect(await cache.get('claim')).toBe('secured');
  expect(await grants.findOne({ _id: 'grant' })).toEqual({ _id: 'grant' });
  cache.disconnect();
  await record.close();
}, 20_000);
