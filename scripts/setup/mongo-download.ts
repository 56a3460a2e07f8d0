import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cachedPath } from './cache.ts';
import { ask, isExecutable, step } from './probe.ts';

// It knows which of MongoDB's builds fits which system. Fetched when it is needed, since most starts never need it.
const fetcher = { name: 'mongodb-memory-server-core', version: '11.3.0' };
const source = 'https://fastdl.mongodb.org/';

/** The mongod that was downloaded before. */
export function downloadedMongod(): { binary: string } | { not: string } {
  const binary = join(cachedPath('mongod', fetcher.version), 'mongod');
  return isExecutable(binary) ? { binary } : { not: 'not fetched yet' };
}

/** Downloads a mongod from MongoDB's own site into the cache, where that site answers. */
export async function downloadMongod(): Promise<{ binary: string } | { not: string }> {
  if (process.env.MONGOMS_SYSTEM_BINARY) return { binary: process.env.MONGOMS_SYSTEM_BINARY };
  const answers = await fetch(source, { method: 'HEAD', signal: AbortSignal.timeout(4000) }).then(
    () => true,
    () => false,
  );
  if (!answers) return { not: "MongoDB's download site does not answer" };
  try {
    await cached('mongod', fetcher.version, (folder) =>
      step('MongoDB', 'downloading mongod (100 to 200 MB)', () => download(folder)),
    );
    return downloadedMongod();
  } catch (fault) {
    return { not: fault instanceof Error ? fault.message : String(fault) };
  }
}

async function download(folder: string): Promise<void> {
  mkdirSync(folder);
  const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts'];
  await must('npm', [...install, `${fetcher.name}@${fetcher.version}`], folder);
  const script = `const { MongoBinary } = require('${fetcher.name}');
    MongoBinary.getPath({ downloadDir: process.argv[1] }).then((path) => console.log(path));`;
  const path = await must(process.execPath, ['-e', script, folder], folder);
  renameSync(path.trim().split('\n').at(-1) ?? '', join(folder, 'mongod'));
  for (const name of ['node_modules', 'package.json', 'package-lock.json'])
    rmSync(join(folder, name), { recursive: true, force: true });
}

async function must(command: string, args: string[], cwd: string): Promise<string> {
  const { ok, stderr, stdout } = await ask(command, args, { cwd, timeoutMs: 600_000 });
  if (!ok) throw new Error(`${command} failed: ${stderr.trim().split('\n').slice(0, 3).join(' / ')}`);
  return stdout;
}
