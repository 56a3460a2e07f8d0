import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Attempt, climbOne, type Ladder } from './ladder.ts';
import { ask, onPath, until, versionIn } from './probe.ts';
import { guarded, stopping } from './store-process.ts';

/** A Redis that somebody else runs, or the program that runs one of our own. */
export type RedisChoice = { url: string; binary?: undefined } | { binary: string; url?: undefined };

/** A Redis that runs: `url` is what ioredis takes (an address, or the path of a socket). Disposing it ends it. */
export type RunningRedis = AsyncDisposable & {
  url: string;
  pid: number;
  /** Resolves with a reason when it ends by itself. */
  ended: Promise<string>;
};

/** `fsync` is AOF with `appendfsync always`; without a `dataDir` nothing outlives the process. */
export type RedisOptions = {
  dataDir?: string;
  port?: number;
  socket?: string;
  fsync: boolean;
  onOutput?: (chunk: Buffer) => void;
};

const oldest = 7;

/** Redis or Valkey 7.0 or newer: REDIS_URL, a program on PATH, Debian's package. */
export const redisLadder: Ladder<RedisChoice> = {
  part: 'Redis',
  rungs: [
    { name: 'REDIS_URL', attempt: () => fromAddress(process.env.REDIS_URL) },
    { name: 'on PATH', attempt: findBinary },
    { name: 'Debian package', packages: () => ['redis-server'], attempt: findBinary },
  ],
  install: { debian: ['redis-server'], homebrew: ['redis'] },
  otherwise: `set REDIS_URL to a Redis or Valkey of version ${oldest}.0 or newer`,
};

/** Climbs the Redis ladder. */
export function ensureRedis(): Promise<RedisChoice> {
  return climbOne(redisLadder);
}

/** Runs a Redis of our own and answers when it takes commands; it dies with this process. */
export async function startRedis(options: RedisOptions, binary?: string): Promise<RunningRedis> {
  const program = binary ?? (await ownBinary());
  const scratch = mkdtempSync(join(tmpdir(), 'dropcast-redis-'));
  const folder = options.dataDir ?? scratch;
  mkdirSync(folder, { recursive: true });
  const url = addressOf(options, scratch);
  const child = guarded(program, serverArguments(options, folder, url));
  const { ended, lastWords, stop } = stopping(child, 'Redis', { onOutput: options.onOutput });
  const ready = await Promise.race([until(() => answers(url), 60_000), ended]);
  if (ready !== true) {
    await stop();
    rmSync(scratch, { recursive: true, force: true });
    throw new Error(`Redis did not start: ${ready ?? 'no answer within 60 s'}${lastWords()}`);
  }
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function addressOf({ dataDir, port, socket }: RedisOptions, scratch: string): string {
  if (port !== undefined) return `redis://127.0.0.1:${port}`;
  const wanted = socket ?? join(dataDir ?? scratch, 'redis.sock');
  // The kernel takes 107 bytes at most.
  return Buffer.byteLength(resolve(wanted)) <= 100 ? resolve(wanted) : join(scratch, 'redis.sock');
}

function serverArguments({ dataDir, fsync, port }: RedisOptions, folder: string, url: string): string[] {
  const settings: Record<string, string> = {
    port: String(port ?? 0),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: dataDir !== undefined || fsync ? 'yes' : 'no',
    appendfsync: fsync ? 'always' : 'everysec',
    'maxmemory-policy': 'noeviction',
    loglevel: 'warning',
    daemonize: 'no',
    ...(port === undefined ? { unixsocket: url, unixsocketperm: '700' } : {}),
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function ownBinary(): Promise<string> {
  const attempt = await findBinary();
  if ('not' in attempt || attempt.found.value.binary === undefined)
    throw new Error('not' in attempt ? attempt.not : 'no Redis program');
  return attempt.found.value.binary;
}

async function findBinary(): Promise<Attempt<RedisChoice>> {
  const binary = onPath('redis-server', 'valkey-server');
  if (!binary) return { not: 'no redis-server or valkey-server' };
  const version = versionIn((await ask(binary, ['--version'])).stdout);
  if (!version || Number.parseInt(version, 10) < oldest)
    return { not: `${binary} is version ${version}, and ${oldest}.0 is the oldest that will do` };
  return { found: { what: binary, version, value: { binary } } };
}

async function fromAddress(url: string | undefined): Promise<Attempt<RedisChoice>> {
  if (!url) return { not: 'not set' };
  // A given address that does not answer is the operator's to mend: to start another Redis would hide their data.
  const said = await infoOf(url);
  const version = /redis_version:([\d.]+)/.exec(said)?.[1];
  if (version && Number.parseInt(version, 10) < oldest)
    throw new Error(`REDIS_URL: that Redis is version ${version}; ${oldest}.0 is the oldest that will do`);
  return { found: { what: 'the one REDIS_URL names', version, value: { url } } };
}

async function infoOf(url: string): Promise<string> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 3000, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await redis.info('server');
  } catch (fault) {
    throw new Error(
      'REDIS_URL: no Redis answers there; start it, or unset REDIS_URL to have one of our own',
      {
        cause: fault,
      },
    );
  } finally {
    redis.disconnect();
  }
}

async function answers(url: string): Promise<true | undefined> {
  const { connect } = await import('node:net');
  const { hostname, port } = url.startsWith('redis:') ? new URL(url) : { hostname: '', port: '' };
  const socket = port ? connect(Number(port), hostname) : connect(url);
  return new Promise((resolve) => {
    const end = (answer: true | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('connect', () => socket.write('PING\r\n'));
    // While it loads its data it answers -LOADING.
    socket.once('data', (data) => end(String(data).startsWith('+PONG') ? true : undefined));
  });
}
