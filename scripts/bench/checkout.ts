import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { OrderView } from '#contract/checkout.ts';
import { Person } from '../../tests/support/cast.ts';
import { purse } from '../../tests/support/purse.ts';
import { HttpClient } from '../clients/http-client.ts';
import { LiveClient } from '../clients/live-client.ts';
import { openCheckoutStage, price } from './checkout-stage.ts';
import type { Bench } from './frame.ts';

const paysLate = '4000000000006660';
const baseline = 'bare-route';
/** Ticks of /proc/PID/stat in a second. */
const ticksPerSecond = 100;
const settleMs = 400;

/** Seconds of CPU that a process has used so far. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

/** What stands in the record after the rounds so far. */
export type Standing = {
  /** Orders that were answered as placed, on each side. */
  placed: { ours: number; bare: number };
  /** Orders held (or paid) in each record. */
  recorded: { ours: number; bare: number };
  /** Units of the product that the record holds or sold. */
  taken: number;
};

/**
 * Orders placed a second of the server's CPU, through the real server and through a bare route that does the same store
 * writes; in the notes the time from a webhook to the buyer's socket. `mongoUri` names a MongoDB that runs.
 */
export async function checkoutBench({
  orders,
  payments,
  inFlight = 16,
  mongoUri,
}: {
  orders: number;
  payments: number;
  inFlight?: number;
  mongoUri?: string;
}): Promise<Bench & { standing(): Promise<Standing> }> {
  await using opening = new AsyncDisposableStack();
  const stage = opening.use(
    await openCheckoutStage({ buyers: inFlight, ...(mongoUri === undefined ? {} : { mongoUri }) }),
  );
  const { server, bareRoute, people, wish, relay, writes } = stage;
  const placed = { ours: 1, bare: 0 };
  const shown: { totalMs: number; answerMs: number }[] = [];

  /** Places `orders`, one in flight for each buyer; answers orders per CPU-second of the process, its late work counted too. */
  const rate = async (pid: number, place: (lane: number) => Promise<void>): Promise<number> => {
    const before = cpuSeconds(pid);
    let left = orders;
    const lane = async (index: number) => {
      while (left > 0) {
        left -= 1;
        await place(index);
      }
    };
    await Promise.all(people.map((_, index) => lane(index)));
    await wait(settleMs);
    return orders / (cpuSeconds(pid) - before);
  };
  const bareClient = new HttpClient(bareRoute.address);
  const ask = {
    lines: [
      { productId: wish.product.productId, variantId: wish.product.variants[0]?.variantId, quantity: 1 },
    ],
    streamId: wish.streamId,
    quotedTotal: { amount: price, currency: 'USD' },
  };
  const Placed = z.object({ orderId: z.string() });
  const placeOurs = async (lane: number) => {
    const person = people[lane] ?? new Person(server.address);
    await purse.place(person, wish);
    placed.ours += 1;
  };
  const placeBare = async () => {
    await bareClient.send('POST', '/orders', ask, Placed, randomUUID());
    placed.bare += 1;
  };

  /** One order paid by a card that the bank answers late: what makes it paid is the webhook. */
  const payOne = async (buyer: Person, heard: Map<string, number>) => {
    const { orderId } = await purse.place(buyer, wish);
    placed.ours += 1;
    await purse.pay(buyer, orderId, paysLate);
    for (let waited = 0; !heard.has(orderId); waited += 1) {
      if (waited > 5000) throw new Error(`${orderId} was not shown as paid within 10 s`);
      await wait(2);
    }
    const to = heard.get(orderId) ?? 0;
    const sent = relay.paidAt(orderId);
    if (sent === undefined) throw new Error(`${orderId} was paid without a webhook`);
    shown.push({ totalMs: to - sent.at, answerMs: relay.answering(sent.intentId, sent.at, to) });
  };
  const showPaid = async () => {
    const [buyer] = people;
    if (buyer === undefined) return;
    const heard = new Map<string, number>();
    await using _ = await LiveClient.open(server.address, buyer.cookie, {
      hear(frame) {
        const at = performance.now();
        const order = frame.t === 'checkout.order-changed' ? OrderView.safeParse(frame.d).data : undefined;
        if (order?.state === 'paid' && !heard.has(order.orderId)) heard.set(order.orderId, at);
      },
    });
    for (let count = 0; count < payments; count += 1) await payOne(buyer, heard);
  };
  const spread = (values: readonly number[]) =>
    `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`;

  const open = opening.move();
  return {
    name: 'checkout',
    unit: 'orders/CPU-s',
    versions: { [baseline]: `express, ${writes.commands.length} writes` },
    get notes() {
      const kinds = writes.commands.map((command) => Object.entries(command)[0]?.join(' '));
      return [
        `${orders} orders a round, ${inFlight} in flight, one product; CPU of the serving process alone, its work after the answer too`,
        `both sides: ${kinds.join(', ')}; one wake of a queue`,
        'only ours reads, prices, checks, decides and tells the buyer, the vendor and the rooms',
        `MongoDB ${stage.version} (a machine without mongod has the stand-in), Redis without append-only file, no TLS, loopback`,
        `webhook → paid at the buyer's socket, ${shown.length} orders one after the other: ${spread(shown.map(({ totalMs }) => totalMs))}`,
        `… less the payment service's answers: ${spread(shown.map(({ totalMs, answerMs }) => totalMs - answerMs))} (the simulator; no result on Stripe)`,
      ];
    },
    async round() {
      const ours = await rate(server.pid, placeOurs);
      const value = await rate(bareRoute.pid, placeBare);
      await showPaid();
      return { ours, baselines: { [baseline]: { value } } };
    },
    async standing() {
      const stock = z.object({ held: z.number(), sold: z.number() });
      const { held, sold } = stock.parse(await stage.mongo.collection('stock').findOne({}));
      const stands = { state: { $in: ['held', 'paid'] } };
      const [ours, bare] = await Promise.all([
        stage.mongo.collection('orders').countDocuments(stands),
        stage.bare.collection('orders').countDocuments(stands),
      ]);
      return { placed, recorded: { ours, bare }, taken: held + sold };
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
