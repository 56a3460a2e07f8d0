import { join } from 'node:path';
import { type Script, startScript } from './child.ts';
import type { DataFolder } from './data-folder.ts';
import { type Kept, keepRunning, type Running } from './keeper.ts';
import { openLogs } from './logs.ts';
import type { Restarts } from './pause.ts';

/** A part of a show. One that is `optional` may fail to start without failing the show. */
export type PartPlan = { name: string; optional?: boolean } & (
  | { script: Omit<Script, 'name'>; start?: undefined }
  | { start: (onOutput: (chunk: Buffer) => void) => Promise<Running>; script?: undefined }
);

/** What to run: waves start one after the other, the parts of one wave together. */
export type Plan = {
  url: string;
  /** What the server is told; recorded for commands that work on the same installation. */
  environment?: Record<string, string>;
  waves: readonly (readonly PartPlan[])[];
};

/** A show that is on. Disposing it stops the parts one by one, in the reverse of the plan's order. */
export type Show = AsyncDisposable & { parts: ReadonlyMap<string, Kept> };

/** How the show speaks, and how long a dead part waits; tests pass their own pause. */
export type ShowOptions = {
  tell: (text: string) => void;
  pause?: (restarts: Restarts, ranMs: number) => Restarts & { pauseMs: number };
  /** Aborting it ends a start under way. */
  signal?: AbortSignal;
};

/** Starts every part of the plan and keeps it running. When a part fails its first start, the rest is stopped again. */
export async function raiseShow(plan: Plan, folder: DataFolder, options: ShowOptions): Promise<Show> {
  const { tell, pause, signal } = options;
  const logs = openLogs(join(folder.path, 'logs'), (name, line) => tell(`${name}: ${line}`));
  const parts = new Map<string, Kept>();
  const order = plan.waves.flat().map(({ name }) => name);
  const record = () =>
    folder.record({
      url: plan.url,
      ...(plan.environment ? { environment: plan.environment } : {}),
      parts: Object.fromEntries(
        order
          .map((name) => parts.get(name))
          .filter((part) => part !== undefined)
          .map((part) => [part.name, { pid: part.pid(), restarts: part.restarts() }]),
      ),
    });

  const raise = async (part: PartPlan) => {
    const { name } = part;
    const start = () =>
      part.start
        ? part.start(logs.reader(name, () => undefined).out)
        : startScript({ ...part.script, name }, logs, signal);
    try {
      parts.set(name, await keepRunning(name, start, { tell, changed: record, ...(pause ? { pause } : {}) }));
      record();
    } catch (fault) {
      if (!part.optional) throw fault;
      tell(`${name} is not there: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  };

  const lower = async () => {
    for (const name of order.toReversed()) await parts.get(name)?.stop();
  };

  try {
    for (const wave of plan.waves) {
      signal?.throwIfAborted();
      const results = await Promise.allSettled(wave.map(raise));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    }
    signal?.throwIfAborted();
  } catch (fault) {
    await lower();
    throw fault;
  }
  return { parts, [Symbol.asyncDispose]: lower };
}
