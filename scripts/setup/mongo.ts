import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.ts';
import { type Attempt, climbOne, type Ladder, type Rung } from './ladder.ts';
import { downloadedMongod, downloadMongod } from './mongo-download.ts';
import { findStandIn, javaPackages, makeStandIn, type StandIn } from './mongo-standin.ts';
import { ask, onPath, step, until, versionIn } from './probe.ts';
import { guarded, stopping } from './store-process.ts';

/** A MongoDB that somebody else runs, or a way to run one of our own. */
export type MongoChoice =
  | { kind: 'address'; uri: string }
  | { kind: 'mongod'; binary: string }
  | { kind: 'container'; docker: string; image: string }
  | ({ kind: 'stand-in' } & StandIn);

/** A MongoDB that runs; disposing it ends it. `pid` is 0 where it is not our process. */
export type RunningMongo = AsyncDisposable & {
  uri: string;
  pid: number;
  /** Resolves with a reason when it ends by itself. */
  ended: Promise<string>;
};

/** `data` is the folder to keep everything in; `fsync` makes the stand-in fsync before each reply; no port = any. */
export type MongoOptions = {
  data: string | 'memory';
  fsync: boolean;
  port?: number;
  onOutput?: (chunk: Buffer) => void;
};

const image = 'mongo:8';

type MongoRung = Rung<MongoChoice> & { kind: MongoChoice['kind'] };

const rungs: readonly MongoRung[] = [
  { kind: 'address', name: 'MONGODB_URI', attempt: () => fromAddress(process.env.MONGODB_URI) },
  { kind: 'mongod', name: 'mongod on PATH', attempt: findMongod },
  { kind: 'container', name: 'container', attempt: findContainer },
  { kind: 'container', name: 'container image', makes: true, attempt: fetchImage },
  { kind: 'mongod', name: 'downloaded', attempt: () => examine(downloadedMongod()) },
  { kind: 'mongod', name: 'download', makes: true, attempt: async () => examine(await downloadMongod()) },
  { kind: 'stand-in', name: 'stand-in, cached', attempt: async () => standInFound(findStandIn()) },
  {
    kind: 'stand-in',
    name: 'stand-in',
    makes: true,
    packages: javaPackages,
    attempt: async () => standInFound(await makeStandIn()),
  },
];

/**
 * MongoDB: MONGODB_URI, mongod on PATH, a container where Docker answers, mongod from MongoDB's site, the stand-in. Where
 * `data` holds what one of them wrote, that one comes first, since the others could not read it.
 */
export function mongoLadderFor(data?: string): Ladder<MongoChoice> {
  const kept = data === undefined ? undefined : keptKind(data);
  const rank = ({ kind }: MongoRung) => (kind === 'address' ? 0 : kind === kept ? 1 : 2);
  return {
    part: 'MongoDB',
    rungs: kept ? rungs.toSorted((one, other) => rank(one) - rank(other)) : rungs,
    install: { debian: ['default-jdk-headless', 'maven'], homebrew: ['openjdk', 'maven'] },
    otherwise: 'install MongoDB 7 or 8 so that mongod is on PATH; or set MONGODB_URI',
  };
}

const keeps = { 'stand-in': 'stand-in.mv', mongod: 'mongod', container: 'container' } as const;

function keptKind(data: string): MongoChoice['kind'] | undefined {
  if (existsSync(join(data, keeps['stand-in']))) return 'stand-in';
  if (existsSync(join(data, keeps.mongod))) return 'mongod';
  return existsSync(join(data, keeps.container)) ? 'container' : undefined;
}

/** Climbs the MongoDB ladder. */
export function ensureMongo(): Promise<MongoChoice> {
  return climbOne(mongoLadderFor());
}

/** Runs what the ladder chose and answers when it takes commands; it dies with this process. */
export async function startMongo(options: MongoOptions, chosen?: MongoChoice): Promise<RunningMongo> {
  const choice = chosen ?? (await ensureMongo());
  if (choice.kind === 'address')
    return {
      uri: choice.uri,
      pid: 0,
      ended: new Promise(() => undefined),
      [Symbol.asyncDispose]: async () => undefined,
    };
  if (options.data !== 'memory') mkdirSync(options.data, { recursive: true });
  if (choice.kind === 'stand-in') return startStandIn(options, choice);
  const port = options.port ?? (await freePort(0));
  const { program, args } =
    choice.kind === 'mongod'
      ? mongodCommand(options, choice.binary, port)
      : containerCommand(options, choice, port);
  const child = guarded(program, args);
  const { ended, lastWords, stop } = stopping(child, 'MongoDB', {
    patienceMs: 30_000,
    onOutput: options.onOutput,
  });
  return whenReady({ ended, lastWords, stop, pid: child.pid ?? 0 }, () =>
    answersPing(`mongodb://127.0.0.1:${port}`),
  );
}

type Child = { ended: Promise<string>; lastWords: () => string; stop: () => Promise<void>; pid: number };

async function whenReady(child: Child, ready: () => Promise<string | undefined>): Promise<RunningMongo> {
  const first = await Promise.race([until(ready, 120_000, 50), child.ended.then((reason) => ({ reason }))]);
  if (typeof first !== 'string') {
    await child.stop();
    throw new Error(
      `MongoDB did not start: ${first?.reason ?? 'no answer within 120 s'}${child.lastWords()}`,
    );
  }
  return { uri: first, pid: child.pid, ended: child.ended, [Symbol.asyncDispose]: child.stop };
}

function startStandIn(
  { data, fsync, onOutput, port = 0 }: MongoOptions,
  { java, classpath }: StandIn,
): Promise<RunningMongo> {
  const file = data === 'memory' ? data : join(data, keeps['stand-in']);
  const child = guarded(java, [
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-cp',
    classpath,
    'Launcher',
    ...['--port', String(port), '--data', file],
    ...(fsync ? ['--fsync'] : []),
  ]);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += String(chunk);
  });
  const { ended, lastWords, stop } = stopping(child, 'the MongoDB stand-in', { onOutput });
  return whenReady(
    { ended, lastWords, stop, pid: child.pid ?? 0 },
    async () => /^READY (\S+)/m.exec(said)?.[1],
  );
}

function mongodCommand({ data }: MongoOptions, binary: string, port: number) {
  const folder = data === 'memory' ? undefined : join(data, keeps.mongod);
  if (folder) mkdirSync(folder, { recursive: true });
  return {
    program: binary,
    args: [
      '--bind_ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--quiet',
      ...(folder ? ['--dbpath', folder] : []),
    ],
  };
}

function containerCommand(
  { data }: MongoOptions,
  { docker, image }: { docker: string; image: string },
  port: number,
) {
  const volume =
    data === 'memory' ? ['--tmpfs', '/data/db'] : ['--volume', `${resolve(data, keeps.container)}:/data/db`];
  return {
    program: docker,
    args: ['run', '--rm', '--init', '--publish', `127.0.0.1:${port}:27017`, ...volume, image, '--quiet'],
  };
}

async function fromAddress(uri: string | undefined): Promise<Attempt<MongoChoice>> {
  if (!uri) return { not: 'not set' };
  // A given address that does not answer is the operator's to mend: to start another MongoDB would hide their data.
  const version = await versionAt(uri);
  if (!version)
    throw new Error(
      'MONGODB_URI: no MongoDB answers there; start it, or unset MONGODB_URI to have one of our own',
    );
  return { found: { what: 'the one MONGODB_URI names', version, value: { kind: 'address', uri } } };
}

async function findMongod(): Promise<Attempt<MongoChoice>> {
  const binary = onPath('mongod');
  return examine(binary ? { binary } : { not: 'no mongod' });
}

async function examine(candidate: { binary: string } | { not: string }): Promise<Attempt<MongoChoice>> {
  if ('not' in candidate) return candidate;
  const { binary } = candidate;
  const { ok, stderr, stdout } = await ask(binary, ['--version']);
  if (!ok) return { not: `${binary} does not run: ${stderr.trim().split('\n')[0]}` };
  return { found: { what: binary, version: versionIn(stdout), value: { kind: 'mongod', binary } } };
}

async function findContainer(): Promise<Attempt<MongoChoice>> {
  const docker = onPath('docker');
  if (!docker) return { not: 'no docker' };
  const { ok, stdout } = await ask(docker, ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: 5000,
  });
  if (!ok) return { not: 'docker is there, but its daemon does not answer' };
  if (!(await ask(docker, ['image', 'inspect', image])).ok) return { not: `docker has no ${image} yet` };
  const value: MongoChoice = { kind: 'container', docker, image };
  return { found: { what: `${image} on Docker`, version: versionIn(stdout), value } };
}

async function fetchImage(): Promise<Attempt<MongoChoice>> {
  const docker = onPath('docker');
  if (!docker || !(await ask(docker, ['version'], { timeoutMs: 5000 })).ok)
    return { not: 'docker does not answer' };
  const { ok, stderr } = await step('MongoDB', `fetching the container image ${image}`, () =>
    ask(docker, ['pull', '--quiet', image], { timeoutMs: 600_000 }),
  );
  return ok ? findContainer() : { not: `docker could not fetch ${image}: ${stderr.trim()}` };
}

function standInFound(standIn: StandIn | { not: string }): Attempt<MongoChoice> {
  if ('not' in standIn) return standIn;
  const what = 'the stand-in mongo-java-server';
  return { found: { what, version: standIn.version, value: { kind: 'stand-in', ...standIn } } };
}

async function answersPing(uri: string): Promise<string | undefined> {
  return (await versionAt(uri, 1000)) === undefined ? undefined : uri;
}

async function versionAt(uri: string, timeoutMs = 5000): Promise<string | undefined> {
  const { mongo } = await import('mongoose');
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: timeoutMs });
  try {
    const info: unknown = await client.db('admin').command({ buildInfo: 1 });
    return typeof info === 'object' && info !== null && 'version' in info ? String(info.version) : undefined;
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}
