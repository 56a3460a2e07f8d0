import { startMongo } from '../../setup/mongo.ts';
import { breakPrices } from '../prices.ts';
import type { ChaosReport } from '../report.ts';
import { killAtEachStep } from './kill.ts';
import { payAtLastInstant } from './last-instant.ts';
import { raceForLastUnits } from './last-unit.ts';
import { breakPayments } from './payment-faults.ts';
import { runAtRandom } from './random-run.ts';
import { orderWebhooks } from './webhook-orders.ts';

export type Size = 'full' | 'small';

/** Gives an empty database of its own at each call. */
type Databases = () => string;
type Run = (seed: number, databases: Databases, size: Size, operations?: number) => Promise<ChaosReport>;

/** What can be broken on the order path, at its full size and at the small one that every test run has. */
export const orderPath: Record<string, Run> = {
  'last-unit': (seed, mongoUri, size, operations) => {
    const races = operations ?? (size === 'full' ? 10_000 : 200);
    const mongo = Math.ceil(races / 20);
    return raceForLastUnits(seed, { memory: races - mongo, mongo, mongoUri });
  },
  'webhook-orders': (seed, mongoUri, size, operations) => {
    const orders = operations ?? (size === 'full' ? 720 : 60);
    return orderWebhooks(seed, { memory: orders, mongo: Math.ceil(orders / 20), mongoUri });
  },
  'order-kill': (seed, mongoUri, size, operations) => {
    const kills = operations ?? (size === 'full' ? 20 : 1);
    return killAtEachStep(seed, { kills, sleeps: Math.ceil(kills / 4), mongoUri });
  },
  'last-instant': (seed, mongoUri, _, operations = 50) =>
    payAtLastInstant(seed, { payments: operations, mongoUri }),
  'random-run': (seed, mongoUri, size, operations) =>
    runAtRandom(seed, { actions: operations ?? (size === 'full' ? 1000 : 150), mongoUri }),
  'payment-faults': (seed, mongoUri, size, operations) =>
    breakPayments(seed, { checkouts: operations ?? (size === 'full' ? 2000 : 40), mongoUri }),
};

/** Breaks one thing of the order path, over a MongoDB that lives as long as the run. */
export async function breakOrderPath(
  name: string,
  seed: number,
  { size, operations }: { size: Size; operations: number | undefined },
): Promise<ChaosReport> {
  if (name === 'prices')
    return breakPrices(seed, { cases: operations ?? (size === 'full' ? 1_000_000 : 20_000) });
  const run = orderPath[name];
  if (run === undefined) throw new Error(`nothing of the order path is called ${name}`);
  await using mongo = await startMongo({ data: 'memory', fsync: true });
  let made = 0;
  const databases = (): string => {
    const uri = new URL(mongo.uri);
    made += 1;
    uri.pathname = `/chaos_${process.pid}_${Date.now()}_${made}`;
    return uri.href;
  };
  return await run(seed, databases, size, operations);
}
