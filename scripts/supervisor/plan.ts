import { join } from 'node:path';
import { startMongo } from '../setup/mongo.ts';
import type { Foundations } from '../setup/prepare.ts';
import { startRedis } from '../setup/redis.ts';
import { type Addresses, environmentFor, type Part } from './environment.ts';
import type { Running } from './keeper.ts';
import type { Secrets } from './secrets.ts';
import type { PartPlan, Plan } from './show.ts';

const files: Record<Part, string> = {
  mail: new URL('../mail-catcher/main.ts', import.meta.url).href,
  'stripe-sim': new URL('../stripe-sim/main.ts', import.meta.url).href,
  media: new URL('../../media/main.ts', import.meta.url).href,
  server: new URL('../../server/main.ts', import.meta.url).href,
  workers: new URL('../../workers/main.ts', import.meta.url).href,
  demo: new URL('../demo/main.ts', import.meta.url).href,
};

/** The show in the order in which it starts: own stores, what stands in for other houses, the three processes, the demo. */
export function planShow(
  addresses: Addresses,
  found: Foundations,
  { demo }: { demo: boolean },
  secrets: Secrets,
  env: NodeJS.ProcessEnv,
): Plan {
  const part = (name: Part, optional = false): PartPlan => ({
    name,
    optional,
    script: { file: files[name], env: { ...env, ...environmentFor(name, addresses, { demo }, secrets) } },
  });
  return {
    url: addresses.publicUrl,
    environment: environmentFor('server', addresses, { demo }, secrets),
    waves: [
      planStores(addresses, found),
      [
        ...('simulatorPort' in addresses.stripe ? [part('stripe-sim')] : []),
        ...('smtpPort' in addresses.mail ? [part('mail')] : []),
      ],
      [part('media'), part('workers'), part('server')],
      demo ? [part('demo', true)] : [],
    ],
  };
}

/** The stores that are ours to run. Both answer under the same address after a restart. */
export function planStores(
  { dataDir, mongoUri, redisUrl }: Pick<Addresses, 'dataDir' | 'mongoUri' | 'redisUrl'>,
  { mongo, redis }: Pick<Foundations, 'mongo' | 'redis'>,
): PartPlan[] {
  const plans: PartPlan[] = [];
  if (redis.binary !== undefined)
    plans.push({
      name: 'redis',
      start: async (onOutput) =>
        running(
          await startRedis(
            { dataDir: join(dataDir, 'redis'), socket: redisUrl, fsync: true, onOutput },
            redis.binary,
          ),
        ),
    });
  if (mongo.kind !== 'address')
    plans.push({
      name: 'mongo',
      start: async (onOutput) =>
        running(
          await startMongo(
            { data: join(dataDir, 'mongo'), fsync: true, port: Number(new URL(mongoUri).port), onOutput },
            mongo,
          ),
        ),
    });
  return plans;
}

function running(store: AsyncDisposable & Omit<Running, 'stop'>): Running {
  return { pid: store.pid, ended: store.ended, stop: async () => store[Symbol.asyncDispose]() };
}
