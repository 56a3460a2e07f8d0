import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ClaimAnswer } from '#contract/drops.ts';

const Reply = z.object({ id: z.int(), value: z.unknown() });
const Claimed = z.union([
  z.object({ ok: z.literal(true), value: ClaimAnswer }),
  z.object({ ok: z.literal(false), refusal: z.string() }),
]);

const program = fileURLToPath(new URL('./drop-process.ts', import.meta.url));

/** A server of the run, started again when it is killed. */
export class DropProcess implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #next = 1;
  readonly #waiting = new Map<number, (value: unknown) => void>();

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Resolves when it takes claims. */
  async start(): Promise<void> {
    const child = fork(program, {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ready = Promise.withResolvers<void>();
    child.on('message', (message) => {
      const { id, value } = Reply.parse(message);
      if (id === 0) ready.resolve();
      this.#waiting.get(id)?.(value);
      this.#waiting.delete(id);
    });
    child.once('exit', (code) => {
      ready.reject(new Error(`a server of the run ended with ${code}`));
      if (this.#child === child) this.#child = undefined;
      for (const resolve of this.#waiting.values()) resolve(undefined);
      this.#waiting.clear();
    });
    await ready.promise;
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** The answer, or undefined when the server died over it or took more than 3 s. */
  async ask(order: Record<string, unknown>): Promise<unknown> {
    const child = this.#child;
    if (child === undefined || !child.connected) return undefined;
    const id = this.#next++;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, resolve);
    child.send({ ...order, id }, (fault) => {
      if (fault) resolve(undefined);
    });
    const gaveUp = new AbortController();
    const late = wait(3000, undefined, { signal: gaveUp.signal }).catch(() => undefined);
    const answer = await Promise.race([promise, late]);
    gaveUp.abort();
    this.#waiting.delete(id);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** What one viewer asked and every answer that was heard, in order. */
export type History = { viewer: string; key: string; answers: ClaimAnswer[] };

/**
 * A viewer's client: asks at any server until it is answered, and once more with the same key after that. Gives up
 * at `deadline` (by `performance.now()`).
 */
export async function claimAsClient(
  servers: readonly DropProcess[],
  dropId: string,
  viewer: string,
  { dice, deadline }: { dice: () => number; deadline: number },
): Promise<History> {
  const history: History = { viewer, key: `key-of-${viewer}`, answers: [] };
  const wanted = dice() < 0.3 ? 2 : 1;
  while (history.answers.length < wanted && performance.now() < deadline) {
    const server = servers[Math.floor(dice() * servers.length)];
    const heard = await server?.ask({ do: 'claim', dropId, viewer, key: history.key });
    const claimed = Claimed.safeParse(heard);
    if (claimed.success && claimed.data.ok) history.answers.push(claimed.data.value);
    else await wait(30 + dice() * 50);
  }
  return history;
}
