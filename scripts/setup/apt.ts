import { spawn } from 'node:child_process';
import { ask, onPath } from './probe.ts';
import { underLock } from './toolchain.mjs';

/** What the ladders ask of the system's package manager; a test passes its own. */
export type Packages = {
  /** Those of the names that are not installed. */
  missing(names: readonly string[]): Promise<string[]>;
  /** Why nothing may be installed here, or `undefined` when it may. */
  refusal(): string | undefined;
  /** Installs them all in one run, and answers whether that worked. */
  install(names: readonly string[]): Promise<boolean>;
};

/** Debian's packages, installed only as root and only where DROPCAST_NO_SYSTEM_INSTALL is not set. */
export const debianPackages: Packages = {
  async missing(names) {
    if (!onPath('dpkg-query')) return [...names];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
    const { stdout } = await ask('dpkg-query', ['-W', '-f', '${Package} ${Status}\n', ...names]);
    const installed = new Set(
      stdout
        .split('\n')
        .filter((line) => line.endsWith(' install ok installed'))
        .map((line) => line.split(' ')[0]),
    );
    return names.filter((name) => !installed.has(name));
  },

  refusal() {
    if (process.env.DROPCAST_NO_SYSTEM_INSTALL)
      return 'DROPCAST_NO_SYSTEM_INSTALL forbids to install packages';
    if (!onPath('apt-get')) return 'this system has no apt-get';
    if (process.getuid?.() !== 0) return 'only root may install packages';
    return undefined;
  },

  async install(names) {
    // The lists of a fresh container are empty, and stale ones name files that are gone.
    return underLock(async () => {
      if ((await apt(['update'])) !== 0)
        console.log('[setup] packages: apt-get update failed; trying with the lists at hand');
      return (await apt(['install', '--yes', '--no-install-recommends', ...names])) === 0;
    }, '/tmp/dropcast-apt.lock');
  },
};

/** The command that puts these packages in place, for a person to run; empty where none would. */
export function installCommand({
  debian,
  homebrew,
}: Record<'debian' | 'homebrew', readonly string[]>): string {
  if (process.platform === 'darwin') return homebrew.length > 0 ? `brew install ${homebrew.join(' ')}` : '';
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install --yes --no-install-recommends ${debian.join(' ')}`;
}

function apt(args: string[]): Promise<number> {
  const child = spawn('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let last = '';
  child.stdout.on('data', () => undefined);
  child.stderr.on('data', (chunk) => {
    last += String(chunk);
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => {
      if (code !== 0) console.log(last.trim().replaceAll(/^/gm, '[apt-get] '));
      resolve(code ?? 1);
    });
  });
}
