import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, parseConfig } from '#server/config.ts';
import { isRunning, readRunState } from './supervisor/data-folder.ts';

/**
 * The configuration of the installation that a command works on: the one that runs on the data folder (`--data`, else
 * DATA_DIR, else `.data`), else what the environment says. `words` are the command's other arguments.
 */
export function runningConfig(args: readonly string[]): { config: Config; url: string; words: string[] } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { data: { type: 'string' } },
  });
  const dataDir = resolve(values.data ?? process.env.DATA_DIR ?? '.data');
  const state = isRunning(dataDir) ? readRunState(dataDir) : undefined;
  if (state === undefined && process.env.MONGODB_URI === undefined)
    throw new Error(`nothing runs on ${dataDir}: npm start first, or name REDIS_URL and MONGODB_URI`);
  const config = parseConfig({ ...process.env, DATA_DIR: dataDir, ...state?.environment });
  return { config, url: state?.url ?? config.http.publicUrl, words: positionals };
}
