import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../setup/probe.ts';

const RunState = z.object({
  supervisor: z.int(),
  url: z.string(),
  parts: z.record(z.string(), z.object({ pid: z.int(), restarts: z.int() })),
  /** What the server was told, for commands that work on the same installation. */
  environment: z.record(z.string(), z.string()).default({}),
});

/** What runs on a data folder, as its `run.json` tells: `pid` 0 while a part is down. */
export type RunState = z.infer<typeof RunState>;

/** A data folder that is ours until disposed. */
export type DataFolder = Disposable & {
  path: string;
  record: (state: Omit<z.input<typeof RunState>, 'supervisor'>) => void;
};

// What a reset forgets: the stores and what belongs to their records. Secrets, logs and certificates stay.
const forgotten = [
  'redis',
  'mongo',
  'stripe-sim.json',
  'stripe-sim.json.log',
  'mail',
  'pictures',
  'recordings',
  'sign-ins.json',
  'demo',
];

/** Takes a data folder for this process alone, and waits for the rest of a killed run to be gone. */
export async function takeDataFolder(path: string): Promise<DataFolder> {
  mkdirSync(path, { recursive: true });
  const lock = join(path, 'run.lock');
  const owner = ownerOf(lock);
  if (owner !== undefined)
    throw new Error(
      `another Dropcast (process ${owner}) runs on ${path}: stop it, or choose another folder with --data`,
    );
  const before = readRunState(path);
  if (before) await leftoversGone(before);
  writeFileSync(lock, String(process.pid));
  const beating = setInterval(() => existsSync(lock) && utimesSync(lock, new Date(), new Date()), 2000);
  beating.unref();
  const file = join(path, 'run.json');
  return {
    path,
    record(state) {
      writeFileSync(`${file}.new`, JSON.stringify({ supervisor: process.pid, ...state }, null, 2), {
        mode: 0o600,
      });
      renameSync(`${file}.new`, file);
    },
    [Symbol.dispose]() {
      clearInterval(beating);
      rmSync(file, { force: true });
      rmSync(lock, { force: true });
    },
  };
}

/** What runs on a folder, or was running when its supervisor was killed. */
export function readRunState(path: string): RunState | undefined {
  try {
    return RunState.parse(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Whether a supervisor runs on that folder now. */
export function isRunning(path: string): boolean {
  return ownerOf(join(path, 'run.lock')) !== undefined;
}

/** Forgets what the stores of a folder hold, and what belongs to it. */
export function forgetShow(path: string): void {
  for (const name of forgotten) rmSync(join(path, name), { recursive: true, force: true });
}

function ownerOf(lock: string): number | undefined {
  const stat = statSync(lock, { throwIfNoEntry: false });
  if (!stat || Date.now() - stat.mtimeMs > 15_000) return undefined;
  const pid = Number(readFileSync(lock, 'utf8'));
  return pid !== process.pid && isAlive(pid) ? pid : undefined;
}

/** The parts of a killed run stop by themselves; until then they hold ports and files. */
async function leftoversGone({ parts }: RunState): Promise<void> {
  const pids = Object.values(parts).map(({ pid }) => pid);
  await until(async () => (pids.some(isAlive) ? undefined : true), 15_000, 100);
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that is dead and not yet reaped still takes signals.
  const stat = join('/proc', String(pid), 'stat');
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}
