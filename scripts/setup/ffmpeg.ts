import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cachedPath } from './cache.ts';
import { type Attempt, climbOne, type Ladder } from './ladder.ts';
import { ask, isExecutable, onPath, step } from './probe.ts';

/** The path of an ffmpeg that encodes H264 and Opus. */
export type Ffmpeg = { binary: string };

// Packages of the same name that carry the binary itself, without an install script.
const shipped: Record<string, string> = {
  'linux-x64': '4.1.0',
  'linux-arm64': '4.1.4',
  'darwin-x64': '4.1.0',
  'darwin-arm64': '4.1.5',
};

/** ffmpeg: FFMPEG_BIN, on PATH, Debian's package, the binary that an npm package ships. */
export const ffmpegLadder: Ladder<Ffmpeg> = {
  part: 'ffmpeg',
  rungs: [
    { name: 'FFMPEG_BIN', attempt: () => fromSetting(process.env.FFMPEG_BIN) },
    { name: 'on PATH', attempt: findOnPath },
    { name: 'Debian package', packages: () => ['ffmpeg'], attempt: findOnPath },
    { name: 'npm package, cached', attempt: fromCache },
    { name: 'npm package', makes: true, attempt: fromPackage },
  ],
  install: { debian: ['ffmpeg'], homebrew: ['ffmpeg'] },
  otherwise: 'set FFMPEG_BIN',
};

/** Climbs the ffmpeg ladder. */
export function ensureFfmpeg(): Promise<Ffmpeg> {
  return climbOne(ffmpegLadder);
}

async function fromSetting(binary: string | undefined): Promise<Attempt<Ffmpeg>> {
  if (!binary) return { not: 'not set' };
  if (!isExecutable(binary)) throw new Error(`FFMPEG_BIN names ${binary}, which is not there to run`);
  return examine(binary);
}

async function findOnPath(): Promise<Attempt<Ffmpeg>> {
  const binary = onPath('ffmpeg');
  return binary ? examine(binary) : { not: 'no ffmpeg' };
}

const platform = `${process.platform}-${process.arch}`;

async function fromCache(): Promise<Attempt<Ffmpeg>> {
  const binary = join(cachedPath('ffmpeg', `${platform}-${shipped[platform]}`), 'ffmpeg');
  return isExecutable(binary) ? examine(binary) : { not: 'not fetched yet' };
}

async function fromPackage(): Promise<Attempt<Ffmpeg>> {
  const version = shipped[platform];
  if (!version) return { not: `no package ships one for ${platform}` };
  const made = await cached('ffmpeg', `${platform}-${version}`, (folder) =>
    step('ffmpeg', `fetching @ffmpeg-installer/${platform} ${version}`, async () => {
      mkdirSync(folder);
      const pack = ['pack', `@ffmpeg-installer/${platform}@${version}`, '--silent'];
      const { ok, stdout, stderr } = await ask('npm', pack, { cwd: folder, timeoutMs: 120_000 });
      if (!ok) throw new Error(`npm could not fetch it: ${stderr.trim()}`);
      const unpacked = await ask('tar', ['-xzf', stdout.trim(), '--strip-components=1'], { cwd: folder });
      if (!unpacked.ok) throw new Error(unpacked.stderr);
      rmSync(join(folder, stdout.trim()));
      chmodSync(join(folder, 'ffmpeg'), 0o755);
    }),
  ).catch((fault: unknown) => ({ not: fault instanceof Error ? fault.message : String(fault) }));
  return typeof made === 'string' ? examine(join(made, 'ffmpeg')) : made;
}

async function examine(binary: string): Promise<Attempt<Ffmpeg>> {
  const { ok, stdout } = await ask(binary, ['-hide_banner', '-encoders']);
  if (!ok) return { not: `${binary} does not run` };
  const lacking = ['libx264', 'libopus', 'aac'].filter((name) => !new RegExp(`\\b${name}\\b`).test(stdout));
  if (lacking.length > 0) return { not: `${binary} lacks ${lacking.join(' and ')}` };
  const version = /version (\S+)/.exec((await ask(binary, ['-version'])).stdout)?.[1];
  return { found: { what: binary, version, value: { binary } } };
}
