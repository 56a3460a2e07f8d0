import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { paymentEventQueue } from '#contract/internal/payments.ts';
import { DeskStream } from '#contract/rooms.ts';
import { compose } from '#server/compose.ts';
import { parseConfig } from '#server/config.ts';
import { logger } from '#server/platform/logger.ts';
import { closeMongo, openMongo } from '#server/platform/mongo.ts';
import { openWorker } from '#server/platform/queue.ts';
import { closeRedis, openPatientRedis } from '#server/platform/redis.ts';
import { Person } from '../../tests/support/cast.ts';
import { purse } from '../../tests/support/purse.ts';
import { shop } from '../../tests/support/shop.ts';
import { startMongo } from '../setup/mongo.ts';
import { startRedis } from '../setup/redis.ts';
import { openStripeSimulator } from '../stripe-sim/simulator.ts';
import { startScript } from '../supervisor/child.ts';
import { openLogs } from '../supervisor/logs.ts';
import { packWrites, recordWrites } from './order-writes.ts';
import { openPaymentRelay } from './payment-relay.ts';

const secretKey = 'sk_test_bench';
const webhookSecret = 'whsec_bench';
const stock = 100_000;
export const price = 4000;

const onDatabase = (uri: string, name: string): string => {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.href;
};

/**
 * Everything a checkout bench needs: stores, the payment service behind a relay, the real server and the bare route as
 * processes of their own, and one shop whose product is in a room on air. `mongoUri` names a MongoDB that runs.
 */
export async function openCheckoutStage({ buyers, mongoUri }: { buyers: number; mongoUri?: string }) {
  await using opening = new AsyncDisposableStack();
  logger.level = 'silent';
  const folder = mkdtempSync(join(tmpdir(), 'dropcast-bench-'));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const started = mongoUri ?? opening.use(await startMongo({ data: 'memory', fsync: false })).uri;
  const run = `bench_${Date.now().toString(36)}`;
  const redis = opening.use(await startRedis({ fsync: false }));
  const service = opening.use(
    await openStripeSimulator({ secretKey, webhookSecret, delays: { lateMs: 100 } }),
  );
  const relay = opening.use(await openPaymentRelay(service.url));
  const environment = {
    PORT: '0',
    PUBLIC_URL: 'http://localhost:0',
    DATA_DIR: folder,
    LOG_LEVEL: 'silent',
    REDIS_URL: redis.url,
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_PUBLISHABLE_KEY: 'pk_test_bench',
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_API_URL: relay.url,
    MEDIA_RTC_PORT: '0',
  };
  const record = onDatabase(started, run);
  const bareRecord = onDatabase(started, `${run}_bare`);

  // A server in this process sets the shop up, shows what an order writes, and handles webhooks.
  const watched = new URL(record);
  watched.searchParams.set('monitorCommands', 'true');
  const here = opening.use(await compose(parseConfig({ ...environment, MONGODB_URI: watched.href })));
  const { mongo, payments } = here.slices;
  const connection = opening.adopt(openPatientRedis(redis.url, 'bench'), closeRedis);
  opening.use(openWorker(connection, paymentEventQueue, ({ eventId }) => payments.handleEvent(eventId)));
  relay.server = here.address;
  service.setWebhookUrl(`${relay.url}/api/v1/webhooks/stripe`);
  const [vendor, host] = [await signUp(here.address, 'aki'), await signUp(here.address, 'hana')];
  const vendorId = await shop.openVendor(vendor);
  await purse.connect(vendor, vendorId, (accountId) => service.control.finishOnboarding(accountId));
  while (!(await purse.isPayable(vendor, vendorId))) await wait(50);
  const channelId = await shop.openChannel(host);
  await shop.approve(vendor, vendorId, channelId);
  const product = await shop.addProduct(vendor, vendorId, { list: price, stock });
  const { streamId } = await shop.schedule(host, channelId);
  await host.send('PUT', `/streams/${streamId}/showcase/${product.productId}`, undefined, z.unknown());
  await host.send('POST', `/streams/${streamId}/go-live`, undefined, DeskStream);
  const wish = { product, streamId, total: price };
  const first = await signUp(here.address, 'first');
  const before = await mongo.collection('stock').findOne({});
  const writes = await recordWrites(mongo, async () => (await purse.place(first, wish)).orderId);
  const file = join(folder, 'writes.json');
  writeFileSync(file, packWrites(writes));
  const bare = opening.adopt(await openMongo(bareRecord), closeMongo);
  if (before === null) throw new Error('no stock document');
  await bare.collection('stock').insertOne(before);

  const logs = openLogs(join(folder, 'logs'), () => undefined);
  const start = async (name: string, file: string, more: Record<string, string>) => {
    const env = { PATH: process.env.PATH ?? '', ...environment, ...more };
    const running = await startScript({ name, file: new URL(file, import.meta.url).href, env }, logs);
    opening.defer(running.stop);
    return { pid: running.pid, address: running.says };
  };
  const server = await start('server', '../../server/main.ts', { MONGODB_URI: record });
  relay.server = server.address;
  const bareRoute = await start('bare-route', './bare-route.ts', {
    BARE_MONGODB_URI: bareRecord,
    BARE_REDIS_URL: redis.url,
    BARE_WRITES: file,
  });
  const people: Person[] = [];
  for (let index = 0; index < buyers; index += 1) people.push(await signUp(server.address, `buyer${index}`));
  const open = opening.move();
  return {
    ...{ server, bareRoute, people, wish, relay, writes, mongo, bare, version: await versionOf(mongo) },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const signUp = (address: string, handle: string): Promise<Person> => new Person(address).signUp(handle);

async function versionOf(mongo: Awaited<ReturnType<typeof openMongo>>): Promise<string> {
  const Build = z.object({ version: z.string() });
  return Build.parse(await mongo.db?.admin().buildInfo()).version;
}
