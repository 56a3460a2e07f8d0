import { accept } from '#contract/errors.ts';
import { HealthView } from '#contract/operations.ts';
import { type Route, route } from '../gateway/route.ts';
import type { Clock } from '../platform/clock.ts';
import { repeat } from '../platform/lifetime.ts';
import { logger } from '../platform/logger.ts';
import { byWorst, type Finding, findProcesses, stateOfDelay, withSince, worstOf } from './core/health.ts';

/** Something to look at: `look` resolves when it answered, a text it answers is told; it throws when it is down. */
type Probe = { name: string; kind: Finding['kind']; look(): Promise<unknown> };

export type HealthParts = {
  clock: Clock;
  probes: readonly Probe[];
  beats(): Promise<readonly { role: string; instance: string; at: number; startedAt: number }[]>;
  /** Process roles that a whole installation has. */
  expected: readonly string[];
};

const lookEveryMs = 3000;
const lookPatienceMs = 2500;

/** Looks at every part every 3 s and tells what it saw last. */
export class HealthMonitor implements AsyncDisposable {
  readonly #parts: HealthParts;
  readonly #looking: AsyncDisposable;
  #view: HealthView;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#view = { state: 'well', checkedAt: this.#now(), parts: [] };
    this.#looking = repeat(
      lookEveryMs,
      () => this.look(),
      (fault) => logger.error({ err: fault }, 'health could not be read'),
    );
  }

  get view(): HealthView {
    return this.#view;
  }

  get routes(): Route[] {
    return [
      route({
        method: 'get',
        path: '/health',
        action: 'health.read',
        summary: 'State and delay of each process, store, queue and the payment link, worst first',
        reply: HealthView,
        handle: async () => accept(this.#view.parts.length === 0 ? await this.look() : this.#view),
      }),
    ];
  }

  async look(): Promise<HealthView> {
    const { clock, probes, beats, expected } = this.#parts;
    const processes = beats().then(
      (found) => findProcesses(found, expected, clock.now()),
      (): Finding[] => [],
    );
    const findings = [...(await Promise.all(probes.map((probe) => lookAt(probe)))), ...(await processes)];
    const parts = withSince(findings, this.#view.parts, this.#now()).toSorted(byWorst);
    this.#view = { state: worstOf(parts), checkedAt: this.#now(), parts };
    return this.#view;
  }

  #now(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#looking[Symbol.asyncDispose]();
  }
}

async function lookAt({ name, kind, look }: Probe): Promise<Finding> {
  const started = performance.now();
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => patience.reject(new Error(`no answer in ${lookPatienceMs} ms`)),
    lookPatienceMs,
  );
  try {
    const words = await Promise.race([look(), patience.promise]);
    const detail = typeof words === 'string' ? words : '';
    const delayMs = Math.round((performance.now() - started) * 10) / 10;
    return { name, kind, state: stateOfDelay(delayMs), delayMs, detail };
  } catch (fault) {
    return {
      name,
      kind,
      state: 'down',
      delayMs: null,
      detail: fault instanceof Error ? fault.message : String(fault),
    };
  } finally {
    clearTimeout(timer);
  }
}
