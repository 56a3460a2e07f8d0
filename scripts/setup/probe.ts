import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What a short-lived command said; `ok` is false too when it is not there or took too long. */
export type Answer = { ok: boolean; stdout: string; stderr: string };

/** The path of a program on PATH, or of the first of several names that is there. */
export function onPath(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** Whether a file is there and may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command to its end and answers what it said; it never throws. */
export function ask(command: string, args: string[], options: AskOptions = {}): Promise<Answer> {
  const { timeoutMs = 10_000, env = process.env, cwd = process.cwd() } = options;
  return new Promise((resolve) => {
    execFile(command, args, { timeout: timeoutMs, env, cwd, maxBuffer: 64 << 20 }, (fault, stdout, stderr) =>
      resolve({ ok: fault === null, stdout, stderr: stderr || (fault?.message ?? '') }),
    );
  });
}

export type AskOptions = { timeoutMs?: number; env?: NodeJS.ProcessEnv; cwd?: string };

/** The first dotted number in a text, such as a version banner. */
export function versionIn(text: string): string | undefined {
  return /\d+(?:\.\d+)+/.exec(text)?.[0];
}

/** Asks again and again until the answer is not `undefined`; answers `undefined` when the time is over. */
export async function until<T>(probe: () => Promise<T | undefined>, deadlineMs: number, pauseMs = 25) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined || performance.now() > end) return answer;
    await wait(pauseMs);
  }
}

/**
 * Says what a part does, how far it is every ten seconds, and how long it took when that was more than two. `work` may
 * note its progress.
 */
export async function step<T>(
  part: string,
  text: string,
  work: (note: (progress: string) => void) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  let progress = '';
  say(part, text);
  const ticking = setInterval(() => say(part, `still at it, ${progress}${seconds()}`), 10_000);
  try {
    return await work((noted) => {
      progress = `${noted}, `;
    });
  } finally {
    clearInterval(ticking);
    if (performance.now() - started > 2000) say(part, `took ${seconds()}`);
  }
}

/** One line of set-up on the console. */
export function say(part: string, text: string): void {
  console.log(`[setup] ${part}: ${text}`);
}
