import { setTimeout as wait } from 'node:timers/promises';
import type { Order } from '#server/checkout/index.ts';
import {
  type Goods,
  heardOf,
  openStage,
  type Process,
  type Stage,
} from '../../../tests/support/order-stage.ts';
import type { Plant } from '../../../tests/support/till.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from '../report.ts';
import { Harms, isSold, judgeOrder, judgeStock, mend, passages, serviceBooks } from './judge.ts';
import { lateSuccessIgnored } from './planted.ts';
import { payPast } from './ways.ts';

/** How many payments meet the end of their hold; `mongoUri` names an empty database. */
export type InstantSize = { payments: number; mongoUri: () => string };

const price = 3000;
const atOnce = 10;

/** Bugs on purpose: the same checks must find them. */
const planted: Record<string, Plant> = {
  'late-success-ignored': lateSuccessIgnored,
  'stock-freed-before-the-cancel': {
    checkout: (parts) => ({ ...parts, payments: { ...parts.payments, cancel: async () => 'cancelled' } }),
  },
};

/**
 * Payments at the hold's last instant, each for the only unit, which another buyer is waiting for: by a card that pays, past the house,
 * by one that asks for authentication and is passed late or left, by a process that sleeps between the fence and its
 * intent while sweepers end the hold, and with webhooks that come after the release. Each ends paid with its unit,
 * refunded, or unpaid with the unit free.
 */
export async function payAtLastInstant(
  seed: number,
  { payments, mongoUri }: InstantSize,
): Promise<ChaosReport> {
  const found = await meetTheEnd(seed, payments, mongoUri());
  const controls = [];
  for (const [name, plant] of Object.entries(planted)) {
    const harmed = await meetTheEnd(seed, 20, mongoUri(), plant);
    controls.push({ name, caught: !isClean(harmed) });
  }
  return { name: 'last-instant', seed, ...found, controls };
}

async function meetTheEnd(
  seed: number,
  payments: number,
  mongoUri: string,
  plant?: Plant,
): Promise<Findings> {
  const dice = seededDice(seed);
  await using stage = await openStage({ record: 'mongo', dice, mongoUri, ...(plant && { plant }) });
  const harms = new Harms();
  const races: Race[] = [];
  let heard = 0;
  for (let round = 0; races.length < payments; round += 1) {
    const size = Math.min(atOnce, payments - races.length);
    const field = await Promise.all(Array.from({ length: size }, (_, index) => begin(stage, dice, index)));
    heard += await race(stage, field, dice, round);
    races.push(...field);
  }
  await mend(stage);
  for (const { rival } of races)
    if (rival) await stage.till.checkout.cancel(await stage.till.orderNow(rival.orderId));
  await mend(stage);
  const looked = { books: serviceBooks(stage), sums: await passages(stage) };
  const ends = new Map<string, number>();
  for (const { order, goods } of races) {
    const now = await stage.till.orderNow(order.orderId);
    ends.set(now.state, (ends.get(now.state) ?? 0) + 1);
    judgeOrder(harms, now, looked);
    await judgeStock(harms, stage, goods, { putIn: 1, sold: isSold(now) ? 1 : 0 });
  }
  if (!plant) process.stderr.write(`${[...ends].map((end) => end.join(' ')).join(', ')}\n`);
  if (!plant) for (const words of harms.words.slice(0, 5)) process.stderr.write(`${words}\n`);
  return harms.findings({ operations: races.length, acknowledged: heard, faults: races.length });
}

type Manner = 'pays' | 'pays-past' | 'authenticates' | 'leaves' | 'sleeps' | 'sleeps-and-leaves';
const manners: readonly Manner[] = [
  ...(['pays', 'pays-past', 'authenticates', 'leaves', 'sleeps', 'sleeps-and-leaves'] as const),
];
const naps = ['checkout.pay:fenced', 'payments.pay:intent-created', 'checkout.pay:sent'];

type Race = {
  goods: Goods;
  order: Order;
  token: string;
  manner: Manner;
  /** The process that pays, and what wakes it where it sleeps. */
  hands: Process;
  wake: () => void;
  rival: Order | undefined;
};

async function begin(stage: Stage, dice: () => number, index: number): Promise<Race> {
  const { till } = stage;
  const manner = manners[index % manners.length] ?? 'pays';
  const nap = naps[Math.floor(dice() * naps.length)];
  const { promise, resolve } = Promise.withResolvers<void>();
  const isSleeper = manner.startsWith('sleeps');
  const asks = manner === 'authenticates' || manner.endsWith('leaves');
  const goods = await stage.sell({ price, units: 1 });
  return {
    ...{ goods, manner, rival: undefined, wake: resolve },
    hands: till.process((name) => (isSleeper && name === nap ? promise : undefined)),
    token: await till.token(asks ? 'pm_card_threeDSecure2Required' : 'pm_card_visa'),
    order: await till.place(till.newPerson(), stage.askFor(goods, price)),
  };
}

/** All of a field pay while their holds end. Answers how many were answered. */
async function race(
  stage: Stage,
  field: readonly Race[],
  dice: () => number,
  round: number,
): Promise<number> {
  const { till } = stage;
  const holdEnds = field.map(({ order }) => order.holdEndsAt.getTime());
  const areWebhooksLate = round % 2 === 1;
  if (areWebhooksLate) till.stripe.setWebhookUrl(undefined);
  till.pass(Math.min(...holdEnds) - till.clock.now() - 60 * (round % 5));
  let heard = 0;
  const paying = field.map(async ({ order, token, hands, manner }) => {
    await wait(dice() * 60);
    if (manner === 'pays-past') {
      await wait(dice() * 250);
      await payPast(stage, { orderId: order.orderId, amount: price, token });
      heard += 1;
      return;
    }
    await heardOf(hands.checkout.pay(order, token));
    heard += 1;
    if (manner !== 'authenticates') return;
    const { paying: now, openIntents } = await till.orderNow(order.orderId);
    const intentId = now?.intentId ?? openIntents[0];
    await wait(dice() * 60);
    if (intentId) till.stripe.control.authenticate(intentId, 'complete');
  });
  const wait100 = Math.max(...holdEnds) + 100;
  for (let sweeps = 0; sweeps < 3 || till.clock.now() < wait100; sweeps += 1) {
    await till.checkout.sweepHolds();
    for (const one of field)
      if (one.rival === undefined && dice() < 0.4) {
        const key = `rival-${round}-${sweeps}-${one.order.orderId}`;
        const placed = await till.checkout.place(till.newPerson(), key, stage.askFor(one.goods, price));
        if (placed.ok) one.rival = placed.value;
      }
    await wait(5);
  }
  for (const { wake } of field) wake();
  await Promise.all(paying);
  if (areWebhooksLate) till.stripe.setWebhookUrl(till.webhookUrl);
  await till.settled();
  till.pass(20_000);
  await till.checkout.sweepHolds();
  await till.catalog.sweep();
  return heard;
}
