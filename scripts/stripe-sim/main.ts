import { join } from 'node:path';
import { z } from 'zod';
import { openStripeSimulator } from './simulator.ts';

const Environment = z.object({
  STRIPE_SIM_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  DATA_DIR: z.string().min(1).default('.data'),
  STRIPE_WEBHOOK_URL: z.url().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().startsWith('whsec_'),
  STRIPE_SECRET_KEY: z.string().startsWith('sk_test_'),
});

const environment = Environment.safeParse(process.env);
if (!environment.success) {
  console.error(`stripe-sim: ${z.prettifyError(environment.error)}`);
  process.exit(1);
}
const settings = environment.data;

const simulator = await openStripeSimulator({
  port: settings.STRIPE_SIM_PORT,
  dataFile: join(settings.DATA_DIR, 'stripe-sim.json'),
  secretKey: settings.STRIPE_SECRET_KEY,
  webhookSecret: settings.STRIPE_WEBHOOK_SECRET,
  ...(settings.STRIPE_WEBHOOK_URL === undefined ? {} : { webhookUrl: settings.STRIPE_WEBHOOK_URL }),
});

let isStopping = false;
const stop = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  await simulator[Symbol.asyncDispose]();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void stop());

console.log(`READY stripe-sim ${simulator.url}`);
