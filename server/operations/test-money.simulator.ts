import { z } from 'zod';
import { accept, refuse } from '#contract/errors.ts';
import { Currency } from '#contract/money.ts';
import { type TestMoneyAct, TestMoneyEntry, TestMoneyFault } from '#contract/operations.ts';
import { Fault } from '../platform/fault.ts';
import type { TestMoneyDesk } from './test-money.ts';

const patienceMs = 15_000;
/** How often a doubled event is posted. */
const copies = 2;

const toInstant = (ms: number): string => new Date(ms).toISOString();

const Row = z
  .object({
    id: z.string(),
    at: z.number(),
    status: z.string(),
    about: z.string(),
    amount: z.int().nullable(),
    currency: z.string().toUpperCase().nullable(),
    deliveries: z.array(z.object({ at: z.number(), status: z.int() })),
    can: TestMoneyEntry.shape.can,
  })
  .transform(({ at, amount, currency, deliveries, ...row }) => {
    const known = Currency.safeParse(currency);
    return TestMoneyEntry.parse({
      ...row,
      at: toInstant(at),
      amount: amount === null || !known.success ? null : { amount, currency: known.data },
      deliveries: deliveries.map((one) => ({ ...one, at: toInstant(one.at) })),
    });
  });

const Armed = z
  .object({
    id: z.string(),
    kind: TestMoneyFault.shape.kind,
    path: z.string().optional(),
    type: z.string().optional(),
    times: z.int(),
  })
  .transform(({ path, type, ...fault }): TestMoneyFault => ({ ...fault, on: path ?? type ?? '*' }));

/** The simulator's own path for each act, and what it is told. */
const paths: Record<TestMoneyAct, (target: string, seconds: number) => [path: string, body?: unknown]> = {
  replay: (target) => [`events/${target}/replay`, { copies: 1 }],
  double: (target) => [`events/${target}/replay`, { copies }],
  delay: (target, seconds) => [`events/${target}/delay`, { ms: seconds * 1000 }],
  lose: (target) => [`events/${target}/lose`],
  dispute: (target) => [`charges/${target}/dispute`],
  win: (target) => [`disputes/${target}/win`],
  'lose-dispute': (target) => [`disputes/${target}/lose`],
  'fail-refund': (target) => [`refunds/${target}/fail`],
};

/** The simulator's control paths, reached with the secret key; undefined where money is Stripe's. */
export function simulatorDesk(settings: {
  simulatorUrl: string | undefined;
  secretKey: string;
}): TestMoneyDesk | undefined {
  const { simulatorUrl, secretKey } = settings;
  if (simulatorUrl === undefined) return undefined;

  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    try {
      return await fetch(new URL(`/_sim/${path}`, simulatorUrl), {
        method,
        headers: { authorization: `Bearer ${secretKey}` },
        signal: AbortSignal.timeout(patienceMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new Fault('payment-service-down', 'the simulator does not answer', { cause });
    }
  };
  const need = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await ask(method, path, body);
    if (!response.ok)
      throw new Fault('payment-service-down', `the simulator answered ${response.status} to ${path}`);
    return response.json();
  };

  return {
    async look(kind, search) {
      const query = new URLSearchParams({ kind, q: search, limit: '100' });
      return z.array(Row).parse(await need('GET', `listing?${query}`));
    },
    async act({ act, target, seconds }) {
      const [path, body] = paths[act](target, seconds);
      const { status, ok } = await ask('POST', path, body);
      if (ok) return accept(undefined);
      if (status === 404) return refuse('not-found');
      if (status < 500) return refuse('conflict');
      throw new Fault('payment-service-down', `the simulator answered ${status} to ${path}`);
    },
    faults: async () => z.array(Armed).parse(await need('GET', 'faults')),
    async arm({ kind, on, times, seconds }) {
      const isAboutEvents = kind.startsWith('webhook-');
      const takesTime = ['delay', 'timeout-after', 'webhook-delayed', 'webhook-reordered'].includes(kind);
      await need('POST', 'faults', {
        kind,
        times,
        ...(isAboutEvents ? { type: on } : { path: on === '*' ? '/v1/*' : on }),
        ...(takesTime ? { ms: seconds * 1000 } : {}),
      });
    },
    async disarm(faultId) {
      await need('DELETE', `faults/${faultId}`);
    },
  };
}
