import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort } from '../../scripts/setup/free-port.ts';

const Run = z.object({ url: z.string(), parts: z.record(z.string(), z.object({ pid: z.int() })) });

/** `npm start` as a person runs it, in a data folder of one's own; disposing sends SIGTERM and waits for the end. */
export class StartedShow implements AsyncDisposable {
  readonly url: string;
  /** What it printed so far. */
  words = '';
  readonly #child: ChildProcess;
  readonly #dataDir: string;

  private constructor(child: ChildProcess, url: string, dataDir: string) {
    this.#child = child;
    this.url = url;
    this.#dataDir = dataDir;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data) => {
        this.words += String(data);
      });
  }

  /** Resolves when the address and the sign-ins are printed. @throws with what it said when it ended before. */
  static async open(dataDir: string, flags: readonly string[] = []): Promise<StartedShow> {
    const [port, rtcPort] = [await freePort(0), await freePort(0)];
    const child = spawn('node', ['scripts/start.mjs', '--data', dataDir, '--port', String(port), ...flags], {
      env: { ...process.env, MEDIA_RTC_PORT: String(rtcPort) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const show = new StartedShow(child, `http://localhost:${port}`, dataDir);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the start ended: ${show.words}`);
    });
    const isOn = async () => {
      while (!show.words.includes('Ctrl-C stops it')) await once(child.stdout ?? child, 'data');
    };
    await Promise.race([isOn(), ended]);
    ended.catch(() => {});
    return show;
  }

  /** Process ids of the parts, by name. */
  pids(): Record<string, number> {
    const { parts } = Run.parse(JSON.parse(readFileSync(join(this.#dataDir, 'run.json'), 'utf8')));
    return Object.fromEntries(Object.entries(parts).map(([name, { pid }]) => [name, pid]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** Whether a process of that id lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
