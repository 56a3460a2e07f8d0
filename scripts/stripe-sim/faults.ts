import { z } from 'zod';

const times = z.int().positive().default(1);
/** How many matching requests or events pass unharmed first. */
const skip = z.int().nonnegative().default(0);

const ApiFault = z.strictObject({
  kind: z.enum(['429', '500-before', '500-after', 'timeout-after', 'reset-mid-body', 'delay']),
  method: z.enum(['GET', 'POST', 'DELETE']).optional(),
  /** A path; `*` stands for any run of characters. */
  path: z.string().default('/v1/*'),
  /** How long `delay` holds the request up, and after how long `timeout-after` hangs up. */
  ms: z.int().nonnegative().default(60_000),
  times,
  skip,
});
const WebhookFault = z.strictObject({
  kind: z.enum(['webhook-lost', 'webhook-doubled', 'webhook-delayed', 'webhook-reordered']),
  /** An event type; `*` stands for any run of characters. */
  type: z.string().default('*'),
  /** How often a doubled event is posted in all. */
  copies: z.int().min(2).default(2),
  /** How late a delayed event is; how long a reordered one waits for another to overtake it. */
  ms: z.int().nonnegative().default(1000),
  times,
  skip,
});

/** A failure to inject, as `POST /_sim/faults` takes it. */
export const Fault = z.discriminatedUnion('kind', [ApiFault, WebhookFault]);
export type FaultWanted = z.input<typeof Fault>;
export type ApiFault = z.infer<typeof ApiFault>;
export type WebhookFault = z.infer<typeof WebhookFault>;
/** An armed failure and the name it can be disarmed by. */
type Armed<F extends ApiFault | WebhookFault = ApiFault | WebhookFault> = F & { id: string };

const isWebhook = (fault: ApiFault | WebhookFault): fault is WebhookFault =>
  fault.kind.startsWith('webhook-');

const matches = (pattern: string, given: string): boolean => {
  const source = pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(given);
};

/** The failures still to come. Each match uses one up; the oldest that fits is taken. */
export class Faults {
  #left: Armed[] = [];
  #count = 0;

  add(wanted: FaultWanted): void {
    this.#count += 1;
    this.#left.push({ ...Fault.parse(wanted), id: `fault_${this.#count}` });
  }

  list(): readonly Armed[] {
    return this.#left;
  }

  remove(id: string): void {
    this.#left = this.#left.filter((fault) => fault.id !== id);
  }

  clear(): void {
    this.#left = [];
  }

  forRequest(method: string, path: string): ApiFault | undefined {
    const fits = (fault: Armed): fault is Armed<ApiFault> =>
      !isWebhook(fault) && (fault.method ?? method) === method && matches(fault.path, path);
    return this.#take(fits);
  }

  forEvent(type: string): WebhookFault | undefined {
    const fits = (fault: Armed): fault is Armed<WebhookFault> =>
      isWebhook(fault) && matches(fault.type, type);
    return this.#take(fits);
  }

  #take<F extends Armed>(fits: (fault: Armed) => fault is F): F | undefined {
    const found = this.#left.find(fits);
    if (found === undefined) return undefined;
    if (found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    found.times -= 1;
    if (found.times === 0) this.#left = this.#left.filter((one) => one !== found);
    return found;
  }
}
