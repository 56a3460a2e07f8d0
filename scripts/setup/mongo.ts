import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installCommand } from './apt.ts';
import { freePort } from './free-port.ts';
import { type Attempt, climbOne, type Ladder } from './ladder.ts';
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
export type MongoOptions = { data: string | 'memory'; fsync: boolean; port?: number };

const image = 'mongo:8';

/** MongoDB: MONGODB_URI, mongod on PATH, a container where Docker answers, the stand-in. */
export const mongoLadder: Ladder<MongoChoice> = {
  part: 'MongoDB',
  rungs: [
    { name: 'MONGODB_URI', attempt: () => fromAddress(process.env.MONGODB_URI) },
    { name: 'mongod on PATH', attempt: findMongod },
    { name: 'container', attempt: findContainer },
    { name: 'container image', makes: true, attempt: fetchImage },
    { name: 'stand-in, cached', attempt: async () => standInFound(findStandIn()) },
    {
      name: 'stand-in',
      makes: true,
      packages: javaPackages,
      attempt: async () => standInFound(await makeStandIn()),
    },
  ],
  remedy: () =>
    `${installCommand(['default-jdk-headless', 'maven'], ['openjdk', 'maven'])} (for the stand-in), ` +
    'or install MongoDB 7 or 8 so that mongod is on PATH, or set MONGODB_URI',
};

/** Climbs the MongoDB ladder. */
export function ensureMongo(): Promise<MongoChoice> {
  return climbOne(mongoLadder);
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
  const { ended, stop } = stopping(child, 'MongoDB', 30_000);
  return whenReady({ ended, stop, pid: child.pid ?? 0 }, () => answersPing(`mongodb://127.0.0.1:${port}`));
}

type Child = { ended: Promise<string>; stop: () => Promise<void>; pid: number };

async function whenReady(child: Child, ready: () => Promise<string | undefined>): Promise<RunningMongo> {
  const first = await Promise.race([until(ready, 120_000, 50), child.ended.then((reason) => ({ reason }))]);
  if (typeof first !== 'string') {
    await child.stop();
    throw new Error(`MongoDB did not start: ${first?.reason ?? 'no answer within 120 s'}`);
  }
  return { uri: first, pid: child.pid, ended: child.ended, [Symbol.asyncDispose]: child.stop };
}

function startStandIn(
  { data, fsync, port = 0 }: MongoOptions,
  { java, classpath }: StandIn,
): Promise<RunningMongo> {
  const file = data === 'memory' ? data : join(data, 'stand-in.mv');
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
  const { ended, stop } = stopping(child, 'the MongoDB stand-in');
  return whenReady({ ended, stop, pid: child.pid ?? 0 }, async () => /^READY (\S+)/m.exec(said)?.[1]);
}

function mongodCommand({ data }: MongoOptions, binary: string, port: number) {
  const folder = data === 'memory' ? undefined : join(data, 'mongod');
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
    data === 'memory' ? ['--tmpfs', '/data/db'] : ['--volume', `${resolve(data, 'container')}:/data/db`];
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
  if (!binary) return { not: 'no mongod' };
  const version = versionIn((await ask(binary, ['--version'])).stdout);
  return { found: { what: binary, version, value: { kind: 'mongod', binary } } };
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
