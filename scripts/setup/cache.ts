import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { underLock } from './toolchain.mjs';

/** The folder that keeps what set-up prepared, outside the work tree so that a fresh clone finds it. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dropcast');
}

/** Where something of this name and content version stands, whether or not it is there yet. */
export function cachedPath(name: string, version: string): string {
  return join(cacheFolder(), name, version);
}

/**
 * Makes a cached file or folder unless it is there. `make` gets a path to fill, which is moved into place in one step
 * once it is done; a second run waits for the first.
 */
export async function cached(
  name: string,
  version: string,
  make: (path: string) => Promise<void>,
): Promise<string> {
  const path = cachedPath(name, version);
  if (existsSync(path)) return path;
  mkdirSync(join(cacheFolder(), name), { recursive: true });
  return underLock(async () => {
    if (existsSync(path)) return path;
    // What a killed run left half done.
    for (const left of globSync(`${path}.new-*`)) rmSync(left, { recursive: true, force: true });
    const fresh = `${path}.new-${process.pid}`;
    try {
      await make(fresh);
      renameSync(fresh, path);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return path;
  }, `${path}.lock`);
}

/** Twelve digits that change with any byte of these files and folders, and with the words given. */
export function contentVersion(paths: string[], words: string[] = []): string {
  const hash = createHash('sha256');
  for (const word of words) hash.update(word).update('\0');
  for (const path of paths) {
    for (const file of filesUnder(path))
      hash.update(relative(path, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}

function filesUnder(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
