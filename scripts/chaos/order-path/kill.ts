import type { Order } from '#server/checkout/index.ts';
import { heardOf, openStage, type Process, type Stage } from '../../../tests/support/order-stage.ts';
import { Death, type Plant } from '../../../tests/support/till.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from '../report.ts';
import { Harms, isSold, judgeOrder, judgeStock, mend, passages, serviceBooks } from './judge.ts';
import { keyless } from './planted.ts';
import { couponOf, type Item, list, type Way, ways } from './ways.ts';

/** How often a process dies, and how often it only sleeps, at each fail point; `mongoUri` names an empty database. */
export type KillSize = {
  kills: number;
  sleeps: number;
  /** Of the ways that an order can go, these alone. */
  only?: readonly string[];
  mongoUri: () => string;
};

/** Bugs on purpose: the same checks must find them. */
const planted: Record<string, Plant> = {
  'charge-without-key': keyless('createPayment'),
  'transfer-without-key': keyless('transfer'),
};

/**
 * A process dies at every fail point between two steps of hold, place, pay, observe, journal, transfer and refund, each
 * `kills` times, at the first, second, … time it passes there; and it falls asleep there, is given up, and wakes when
 * others have mended its work. The points are those that a run without a death passes. Afterwards buyers ask again,
 * workers sweep, and each order must be whole, or nothing of it be left.
 */
export async function killAtEachStep(seed: number, size: KillSize): Promise<ChaosReport> {
  const found = await killOn(seed, size);
  const controls = [];
  for (const [name, plant] of Object.entries(size.kills > 0 ? planted : {})) {
    const harmed = await killOn(seed, { ...size, kills: 1, sleeps: 0 }, plant);
    controls.push({ name, caught: !isClean(harmed) });
  }
  return { name: 'order-kill', seed, ...found, controls };
}

async function killOn(
  seed: number,
  { kills, sleeps, only, mongoUri }: KillSize,
  plant?: Plant,
): Promise<Findings> {
  const dice = seededDice(seed);
  await using stage = await openStage({
    ...{ record: 'mongo', dice, mongoUri: mongoUri() },
    ...(plant && { plant }),
  });
  // Workers are not woken: whoever is to hear of an event is told to, and sweeps find the rest.
  stage.till.holdJobs(true);
  const harms = new Harms();
  const run: Run = { stage, harms, items: 0, deaths: 0 };
  const chosen = ways.filter(({ name }) => (plant ? name === 'buy' : (only?.includes(name) ?? true)));
  for (const way of chosen) {
    const points = await pointsOf(run, way);
    const round = (mode: Mode, nth: number) =>
      batch(
        run,
        way,
        [...points].map(([point, passes]) => ({ point, mode, nth: 1 + (nth % passes) })),
      );
    for (let nth = 0; nth < kills; nth += 1) await round('dies', nth);
    for (let nth = 0; nth < sleeps; nth += 1) await round('sleeps', nth);
  }
  if (!plant) for (const words of harms.words.slice(0, 8)) process.stderr.write(`${words}\n`);
  return harms.findings({ operations: run.items, acknowledged: run.items, faults: run.deaths });
}

type Mode = 'dies' | 'sleeps';
type Case = { point: string; mode: Mode; nth: number };
type Run = { stage: Stage; harms: Harms; items: number; deaths: number };

async function itemOf({ stage: { till }, stage, ...run }: Run, way: Way, index: number): Promise<Item> {
  const buyer = till.newPerson();
  return {
    ...{ index, buyer, key: `key-${run.items}-${index}-${way.name.slice(0, 5)}`, orderId: undefined },
    goods: await stage.sell({ price: list, units: way.units }),
    coupon: way.hasCoupon ? till.grant(buyer, couponOf) : undefined,
    token: await till.token(way.card),
  };
}

/** Every fail point that a way passes, and how often. */
async function pointsOf(run: Run, way: Way): Promise<Map<string, number>> {
  const { stage } = run;
  const points = new Map<string, number>();
  const item = await itemOf(run, way, run.items);
  run.items += 1;
  await way.before?.(stage, item);
  const hands = stage.till.process((name) => void points.set(name, (points.get(name) ?? 0) + 1));
  await way.act(stage, hands, item);
  stage.till.pass(way.passMs ?? 0);
  await way.actLater?.(stage, hands, item);
  stage.till.pass(6000);
  await mend(stage);
  await judgeItem(run, way, item, 'nothing', await looked(stage));
  return points;
}

const looked = async (stage: Stage) => ({
  books: serviceBooks(stage),
  sums: await passages(stage),
  mayBePaidTwice: false,
});

/** One process for each case, all of them before anybody mends: they die or sleep, and the living go on. */
async function batch(run: Run, way: Way, cases: readonly Case[]): Promise<void> {
  const { stage, harms } = run;
  const { till } = stage;
  const victims = await inLanes(cases, async (one, index) => {
    const item = await itemOf(run, way, run.items + index);
    await way.before?.(stage, item);
    return { ...one, item, ...doomed(stage, one) };
  });
  run.items += cases.length;
  await inLanes(victims, ({ hands, item, until }) => until(way.act(stage, hands, item)));
  till.pass(way.passMs ?? 0);
  await inLanes(victims, async ({ hands, item, until, isGone }) => {
    if (!isGone()) await until(way.actLater?.(stage, hands, item) ?? Promise.resolve());
  });
  for (const { isGone, point, nth } of victims) {
    if (isGone()) run.deaths += 1;
    else harms.unless(nth > 1, 'unresolved', () => `${way.name}: nobody came to ${point}`);
  }
  const heard = await Promise.all(
    victims.map(({ item }) => heardOf(way.after(stage, item).then(() => ({ ok: true as const })))),
  );
  till.pass(45_000);
  await mend(stage);
  // A vendor's order that was never held ends a minute later, a hold after five.
  till.pass(way.name === 'buy' ? 15_000 : 360_000);
  await mend(stage);
  for (const { wake } of victims) wake();
  await Promise.all(victims.map(({ done }) => done()));
  till.pass(6000);
  await mend(stage);
  const now = await looked(stage);
  for (const [index, { item, point, mode, nth }] of victims.entries()) {
    const answer = heard[index];
    const words = `${mode} at ${point} (${nth})`;
    if (answer && !answer.ok) harms.add('lost', `${way.name}, ${words}: the buyer heard ${answer.refusal}`);
    await judgeItem(run, way, item, words, now);
  }
}

const lanes = 6;
/** All of them, six at a time. */
async function inLanes<Item, Answer>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const waiting = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, item] = next;
      answers[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return answers;
}

type Victim = {
  hands: Process;
  /** Resolves when the work is done, or its process dead or asleep. */
  until(work: Promise<unknown>): Promise<void>;
  isGone(): boolean;
  wake(): void;
  /** Resolves when a sleeper that was woken has done what it was about to do. */
  done(): Promise<void>;
};

/** A process that dies, or sleeps until it is woken, the nth time it passes a point. */
function doomed({ till }: Stage, { point, mode, nth }: Case): Victim {
  let passes = 0;
  let isDead = false;
  const asleep = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  let isAsleep = false;
  let last: Promise<unknown> = Promise.resolve();
  const hands = till.process((name) => {
    if (isDead) throw new Death(name);
    if (name === point) passes += 1;
    if (name !== point || passes !== nth) return undefined;
    if (mode === 'dies') {
      isDead = true;
      throw new Death(name);
    }
    isAsleep = true;
    asleep.resolve();
    return woken.promise;
  });
  return {
    hands,
    isGone: () => isDead || isAsleep,
    wake: () => woken.resolve(),
    done: () => last.then(() => undefined),
    async until(work) {
      // What a process that died or overslept says, nobody hears.
      last = work.catch((fault: unknown) => {
        if (!isDead && !isAsleep) throw fault;
      });
      await Promise.race([last, asleep.promise]);
    },
  };
}

/** The order is whole or nothing of it is left: books, units, coupon, and everybody told who should be. */
async function judgeItem(
  { stage, harms }: Run,
  way: Way,
  item: Item,
  words: string,
  now: Awaited<ReturnType<typeof looked>>,
): Promise<void> {
  const { till } = stage;
  const order = await orderOf(stage, item);
  if (order === undefined) {
    harms.unless(way.name === 'leave', 'lost', () => `${way.name}, ${words}: there is no order`);
    return;
  }
  const told = `${way.name}, ${words}: ${order.orderId} is ${order.state}`;
  const before = harms.words.length;
  harms.unless(way.ends.includes(order.state), 'lost', () => `${told} instead of ${way.ends.join(' or ')}`);
  judgeOrder(harms, order, now);
  const sold = isSold(order) ? 1 : 0;
  const others = way.name === 'late' ? 1 : 0;
  const [row] = [await stage.stockOf(item.goods.variantId)];
  // Another's hold on the last unit may still run.
  if (others === 0) await judgeStock(harms, stage, item.goods, { putIn: way.units, sold });
  else harms.unless(row.sold === 0 && row.available + row.held === 1, 'lost', () => JSON.stringify(row));
  if (item.coupon !== undefined) {
    const { state } = till.coupons.get(item.coupon) ?? {};
    const wanted = sold === 1 ? 'redeemed' : 'granted';
    harms.unless(state === wanted, sold === 1 ? 'lost' : 'undersold', () => `${told}, its coupon ${state}`);
  }
  const document = await till.mongo
    .collection<{ _id: string; outbox: unknown[] }>('orders')
    .findOne({ _id: order.orderId });
  harms.unless(document?.outbox?.length === 0, 'unresolved', () => `${told}, and not all are told`);
  const shown = till.timeline.filter(({ id }) => id === `order-paid:${order.orderId}`).length;
  const isPaidOnce = order.history.filter(({ state }) => state === 'paid').length;
  harms.unless(isPaidOnce <= 1, 'doubled', () => `${told}, paid ${isPaidOnce} times`);
  harms.unless(shown === isPaidOnce, 'lost', () => `${told}, shown ${shown} times`);
  if (harms.words.length > before && !harms.words.includes(told)) harms.words.push(told);
}

/** By its id, or by its buyer where the process died before it could tell. */
async function orderOf({ till }: Stage, { orderId, buyer }: Item): Promise<Order | undefined> {
  if (orderId !== undefined) return till.orderNow(orderId);
  const [row] = await till.mongo.collection<{ _id: string }>('orders').find({ personId: buyer }).toArray();
  return row && till.orderNow(row._id as Order['orderId']);
}
