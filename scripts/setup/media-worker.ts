import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cachedPath, contentVersion } from './cache.ts';
import { type Attempt, climbOne, type Ladder } from './ladder.ts';
import { ask, isExecutable, onPath, step } from './probe.ts';

/** The path of the native worker that mediasoup runs. */
export type MediaWorker = { binary: string };

const part = 'media worker';
const overlay = fileURLToPath(new URL('../../media/worker', import.meta.url));
const mediasoup = fileURLToPath(new URL('../../node_modules/mediasoup', import.meta.url));
const buildPackages = [
  ...['g++', 'meson', 'ninja-build', 'patch', 'pkg-config', 'flatbuffers-compiler', 'libflatbuffers-dev'],
  ...['libuv1-dev', 'libssl-dev', 'libabsl-dev', 'libsrtp2-dev'],
];

/** The media worker: MEDIASOUP_WORKER_BIN, the cached one, mediasoup's release binary, a build here. */
export const mediaWorkerLadder: Ladder<MediaWorker> = {
  part,
  rungs: [
    { name: 'MEDIASOUP_WORKER_BIN', attempt: () => fromSetting(process.env.MEDIASOUP_WORKER_BIN) },
    { name: 'cached', attempt: fromCache },
    { name: 'release binary', makes: true, attempt: fromRelease },
    { name: 'local build', makes: true, packages: () => buildPackages, attempt: fromBuild },
  ],
  install: { debian: buildPackages, homebrew: [] },
  otherwise:
    'let this machine reach github.com once, for the release binary; or set MEDIASOUP_WORKER_BIN to the worker of this version of mediasoup',
};

/** Climbs the media worker's ladder. */
export function ensureMediaWorker(): Promise<MediaWorker> {
  return climbOne(mediaWorkerLadder);
}

async function fromSetting(binary: string | undefined): Promise<Attempt<MediaWorker>> {
  if (!binary) return { not: 'not set' };
  if (!isExecutable(binary))
    throw new Error(`MEDIASOUP_WORKER_BIN names ${binary}, which is not there to run`);
  return found(binary, 'the one MEDIASOUP_WORKER_BIN names');
}

async function fromCache(): Promise<Attempt<MediaWorker>> {
  for (const binary of [...(await builtHere()), cachedPath('media-worker', releaseName())]) {
    if (isExecutable(binary) && (await runs(binary))) return found(binary);
  }
  return { not: `none for mediasoup ${version()} and these build files` };
}

async function fromRelease(): Promise<Attempt<MediaWorker>> {
  if (!(await releaseAnswers())) return { not: 'the release page does not answer' };
  const made = await cached('media-worker', releaseName(), (path) =>
    step(part, `fetching the release binary of mediasoup ${version()}`, async () => {
      const env: NodeJS.ProcessEnv = { ...process.env, PYTHON: 'false' };
      delete env.MEDIASOUP_WORKER_BIN;
      const script = ['npm-scripts.mjs', 'postinstall'];
      await ask(process.execPath, script, { cwd: mediasoup, env, timeoutMs: 60_000 });
      const downloaded = join(mediasoup, 'worker/out/Release/mediasoup-worker');
      if (!existsSync(downloaded)) throw new Error('it could not be fetched, or does not run here');
      copyFileSync(downloaded, path);
      chmodSync(path, 0o755);
    }),
  ).catch((fault: unknown) => ({ not: fault instanceof Error ? fault.message : String(fault) }));
  return typeof made === 'string' ? found(made) : made;
}

async function fromBuild(): Promise<Attempt<MediaWorker>> {
  if (!onPath('dpkg-query')) return { not: 'the build stands on Debian packages' };
  const made = await cached('media-worker', await buildName(), (path) =>
    step(part, `building the worker of mediasoup ${version()} (4 to 5 minutes on two cores)`, (note) =>
      build(path, note),
    ),
  ).catch((fault: unknown) => ({ not: fault instanceof Error ? fault.message : String(fault) }));
  return typeof made === 'string' ? found(made) : made;
}

function build(path: string, note: (progress: string) => void): Promise<void> {
  const jobs = String(Math.max(1, availableParallelism()));
  const child = spawn('nice', ['bash', join(overlay, 'build-worker.sh'), mediasoup, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { JOBS: jobs, ...process.env },
    detached: true,
  });
  // The compilers too end with this process.
  const endGroup = () => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM');
  process.once('exit', endGroup);
  child.once('close', () => process.off('exit', endGroup));
  let said = '';
  const hear = (chunk: unknown) => {
    said = (said + String(chunk)).slice(-4000);
    const steps = said.match(/\[\d+\/\d+\]/g)?.at(-1);
    if (steps) note(`step ${steps.slice(1, -1)}`);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`the build failed:\n${said}`))));
  });
}

async function found(binary: string, what = binary): Promise<Attempt<MediaWorker>> {
  return { found: { what, version: version(), value: { binary } } };
}

/** Run by anyone but mediasoup it must end with code 41. */
async function runs(binary: string): Promise<boolean> {
  const child = spawn(binary, [], { stdio: 'ignore', env: {} });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 41));
  });
}

async function releaseAnswers(): Promise<boolean> {
  const given = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL;
  const address = given ?? 'https://github.com/versatica/mediasoup/releases/download';
  return fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(4000) }).then(
    () => true,
    () => false,
  );
}

const releaseName = () => `mediasoup-worker-${version()}-release-${process.platform}-${process.arch}`;

const buildPrefix = () => `mediasoup-worker-${version()}-${process.arch}-${contentVersion([overlay])}-`;

/** OpenSSL is linked in, so its version counts. */
async function buildName(): Promise<string> {
  return `${buildPrefix()}${(await opensslVersion()) ?? 'unknown'}`;
}

/** Where a build stands that fits this machine's OpenSSL; any does where there is none to build with. */
async function builtHere(): Promise<string[]> {
  if (await opensslVersion()) return [cachedPath('media-worker', await buildName())];
  return globSync(cachedPath('media-worker', `${buildPrefix()}*`)).filter((path) => !path.endsWith('.lock'));
}

async function opensslVersion(): Promise<string | undefined> {
  if (!onPath('dpkg-query')) return undefined;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder
  const { ok, stdout } = await ask('dpkg-query', ['-W', '-f', '${Version}', 'libssl-dev']);
  return ok && stdout ? stdout.replaceAll(/[^\w.+-]/g, '') : undefined;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(mediasoup, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}
