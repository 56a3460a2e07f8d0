import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import express from 'express';
import { OrderId } from '#contract/ids.ts';
import { holdEndsQueue } from '#contract/internal/checkout.ts';
import { stopSignal } from '#server/platform/lifetime.ts';
import { closeMongo, openMongo } from '#server/platform/mongo.ts';
import { Queues } from '#server/platform/queue.ts';
import { closeRedis, openPatientRedis } from '#server/platform/redis.ts';
import { compileWrites, unpackWrites } from './order-writes.ts';

/**
 * The baseline of the checkout bench, a process of its own: a route of express alone that makes the writes of an order
 * one after the other, wakes the queue, and answers. It reads, checks and decides nothing.
 */
const { BARE_MONGODB_URI = '', BARE_REDIS_URL = '', BARE_WRITES = '' } = process.env;
await using closing = new AsyncDisposableStack();
const mongo = closing.adopt(await openMongo(BARE_MONGODB_URI), closeMongo);
const queues = closing.use(
  new Queues(closing.adopt(openPatientRedis(BARE_REDIS_URL, 'bare-route'), closeRedis)),
);
const next = compileWrites(unpackWrites(readFileSync(BARE_WRITES, 'utf8')));
const holdMs = 300_000;

const app = express();
app.post('/api/v1/orders', express.json(), async (_request, response) => {
  const { orderId, commands } = next();
  for (const command of commands) await mongo.db?.command(command);
  await queues.wake(holdEndsQueue, { orderId: OrderId.parse(orderId) }, { key: orderId, delayMs: holdMs });
  response.status(201).json({ orderId });
});
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
closing.defer(() => void server.close());
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('no port');
console.log(`READY bare-route http://127.0.0.1:${address.port}`);
await stopSignal();
server.closeAllConnections();
