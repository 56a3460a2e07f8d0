import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Running } from './keeper.ts';
import type { LogFile } from './logs.ts';

/** A script of ours to run as a process: `name` stands in its READY line, its log and every message about it. */
export type Script = {
  name: string;
  file: string;
  env: NodeJS.ProcessEnv;
  /** Milliseconds until the READY line must have come (60 s). */
  readyWithinMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL (10 s). */
  patienceMs?: number;
};

const tether = new URL('tether.mjs', import.meta.url).href;

/**
 * Starts a script and resolves when it prints `READY name …`; rejects, with it ended, when it does not or when `signal`
 * aborts before.
 */
export async function startScript(
  script: Script,
  log: LogFile,
  signal?: AbortSignal,
): Promise<Running & { says: string }> {
  const { name, file, env, readyWithinMs = 60_000, patienceMs = 10_000 } = script;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  // Its own process group: Ctrl-C reaches the supervisor alone, which stops the parts in order.
  const child = spawn(process.execPath, ['--import', tether, path], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ready = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<string>();
  const lines = log.reader(name, (line) => {
    const [word, who, ...rest] = line.split(' ');
    if (word === 'READY' && who === name) ready.resolve(rest.join(' '));
  });
  child.stdout?.on('data', lines.out);
  child.stderr?.on('data', lines.err);
  child.once('error', (fault) => ended.resolve(`${name} could not be started: ${fault.message}`));
  child.once('close', (code, signal) => ended.resolve(`${name} ended with ${signal ?? `code ${code}`}`));

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await exit;
    clearTimeout(force);
  };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${name} was not ready after ${readyWithinMs / 1000} s${log.hint(name)}`)),
    readyWithinMs,
  );
  const early = ended.promise.then((reason) => {
    throw new Error(`${reason} before it was ready${log.hint(name)}`);
  });
  early.catch(() => undefined);
  const giveUp = () => late.reject(signal?.reason);
  signal?.addEventListener('abort', giveUp);
  try {
    const says = await Promise.race([ready.promise, early, late.promise]);
    return { says, pid: child.pid ?? 0, ended: ended.promise, stop };
  } catch (fault) {
    await stop();
    throw fault;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}
