import { setTimeout as wait } from 'node:timers/promises';
import type { Order } from '#server/checkout/index.ts';
import { Fault } from '#server/platform/fault.ts';
import {
  type Goods,
  type Heard,
  heardOf,
  openStage,
  type Process,
  type Stage,
} from '../../../tests/support/order-stage.ts';
import type { Plant } from '../../../tests/support/till.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from '../report.ts';
import { Harms, isSold, judgeOrder, passages, serviceBooks } from './judge.ts';
import { lateSuccessIgnored } from './planted.ts';

/** How many races over the memory twins and how many over MongoDB; `mongoUri` names an empty database. */
export type RaceSize = { memory: number; mongo: number; mongoUri: () => string };

const price = 3000;
const batch = 20;

/** The payment service that does not answer every call to cancel, before or after it did it. */
const failingCancels = (dice: () => number): Plant => ({
  checkout: (parts) => ({
    ...parts,
    payments: {
      ...parts.payments,
      async cancel(intentId) {
        if (dice() < 0.25) throw new Fault('payment-service-down', 'no answer');
        const stands = await parts.payments.cancel(intentId);
        if (dice() < 0.2) throw new Fault('payment-service-down', 'the answer was lost');
        return stands;
      },
    },
  }),
});

/** Bugs on purpose: the same checks must find them. */
const planted: Record<string, Plant> = {
  'taken-without-looking': {
    catalog: (parts) => ({
      ...parts,
      stock: {
        ...parts.stock,
        rows: (ids) => parts.stock.rows(ids),
        async take(variantId, pending, cause) {
          const taken = await parts.stock.take(variantId, pending, cause);
          if (taken !== undefined) return taken;
          // Puts a unit on the shelf that nobody has, as an unguarded decrement would.
          await parts.stock.intend(variantId, { ...pending, step: `${pending.step}:x` });
          await parts.stock.move(variantId, `${pending.step}:x`, { ...cause, cause: 'hold-undone' });
          return parts.stock.take(variantId, pending, cause);
        },
      },
    }),
  },
  'late-success-ignored': lateSuccessIgnored,
};

/**
 * Races for a last unit by five paths over two processes: two checkouts, two other owners of holds, and a write-off. Who
 * won it then ends twice at one instant: payment against expiry and against the buyer's cancel, sale against release;
 * and one call in three to cancel a payment fails. Each race is judged by what its askers heard, by the stock document
 * and by the payment service's list.
 */
export async function raceForLastUnits(seed: number, size: RaceSize): Promise<ChaosReport> {
  const memory = await raceOn('memory', size.memory, seed, size.mongoUri());
  const mongo = size.mongo > 0 ? await raceOn('mongo', size.mongo, seed + 1, size.mongoUri()) : undefined;
  const controls = [];
  for (const [name, plant] of Object.entries(planted)) {
    const found = await raceOn('memory', 60, seed, size.mongoUri(), plant);
    controls.push({ name, caught: !isClean(found) });
  }
  return { name: 'last-unit', seed, ...sumOf(memory, mongo), controls };
}

function sumOf(one: Findings, other: Findings | undefined): Findings {
  if (other === undefined) return one;
  const all = Object.entries(one).map(([name, count]) => [
    name,
    count + (other[name as keyof Findings] ?? 0),
  ]);
  return Object.fromEntries(all) as Findings;
}

async function raceOn(
  record: Stage['record'],
  races: number,
  seed: number,
  mongoUri: string,
  plant: Plant = failingCancels(seededDice(seed + 7)),
): Promise<Findings> {
  const dice = seededDice(seed);
  await using stage = await openStage({ record, dice, mongoUri, plant });
  stage.till.stripe.setWebhookUrl(undefined);
  const harms = new Harms();
  const orders: { order: Order; race: Race }[] = [];
  let heard = 0;
  for (let done = 0; done < races; done += batch) {
    const field = await Promise.all(
      Array.from({ length: Math.min(batch, races - done) }, (_, index) => begin(stage, dice, done + index)),
    );
    await Promise.all(field.map((race) => end(stage, race, dice)));
    await settleAll(stage, field);
    for (const race of field) {
      heard += race.heard.length;
      if (race.order) orders.push({ order: race.order, race });
      judgeRace(harms, race);
      await judgeUnit(harms, stage, race);
    }
  }
  const looked = { books: serviceBooks(stage), sums: await passages(stage) };
  for (const { order } of orders) judgeOrder(harms, await stage.till.orderNow(order.orderId), looked);
  for (const words of harms.words.slice(0, 5)) process.stderr.write(plantedBy(plant) ? '' : `${words}\n`);
  return harms.findings({ operations: races * 5, acknowledged: heard, faults: races });
}
const plantedBy = (plant: Plant): boolean => Object.values(planted).includes(plant);

type Race = {
  index: number;
  goods: Goods;
  /** By path, what its asker heard. */
  heard: { path: string; answer: Heard }[];
  order: Order | undefined;
  /** Another owner that holds it. */
  owner: string | undefined;
  isWrittenOff: boolean;
  /** What was heard of the two who end an owner's hold. */
  ends: { sale: Heard; release: Heard } | undefined;
};

/** Waits for a few turns of the loop, or for some milliseconds where the record is far away. */
async function moment({ record }: Stage, dice: () => number): Promise<void> {
  if (record === 'mongo') await wait(dice() * 20);
  else for (let turns = Math.floor(dice() * 12); turns > 0; turns -= 1) await Promise.resolve();
}

/** How long placing and paying take of late, so that others can meet them under way. */
const lately = { place: 20, pay: 40 };
async function timed<Answer>(what: keyof typeof lately, work: Promise<Answer>): Promise<Answer> {
  const begun = performance.now();
  const answer = await work;
  lately[what] = lately[what] * 0.8 + (performance.now() - begun) * 0.2;
  return answer;
}

async function begin(stage: Stage, dice: () => number, index: number): Promise<Race> {
  const { till, processes } = stage;
  const goods = await stage.sell({ price, units: 1 });
  const race: Race = {
    ...{ index, goods, heard: [], order: undefined, owner: undefined },
    ...{ isWrittenOff: false, ends: undefined },
  };
  const someone = (): Process => processes[dice() < 0.5 ? 0 : 1];
  const endsAt = new Date(till.clock.now() + 300_000);
  const lines = [{ variantId: goods.variantId, quantity: 1 }];
  const buy = (path: string) => async (): Promise<Heard> => {
    const placed = await timed(
      'place',
      someone().checkout.place(till.newPerson(), `race-${index}-${path}`, stage.askFor(goods, price)),
    );
    if (placed.ok) race.order = placed.value;
    return placed;
  };
  const own = (path: string) => async (): Promise<Heard> => {
    const holdOwner = `${path}:${index}:${goods.variantId}`;
    const held = await someone().catalog.holds.hold({ holdOwner, lines, endsAt });
    if (held.ok) race.owner = holdOwner;
    return held;
  };
  const writeOff = async (): Promise<Heard> => {
    const change = { changeId: `broken-${index}`, variantId: goods.variantId, quantity: 1, reason: 'broken' };
    const done = await someone().catalog.holds.change({ ...change, kind: 'write-off' });
    if (done.ok) race.isWrittenOff = true;
    return done;
  };
  const paths: [string, () => Promise<Heard>][] = [
    ['buyer-a', buy('buyer-a')],
    ['buyer-b', buy('buyer-b')],
    ['offer', own('offer')],
    ['pool', own('pool')],
    ['write-off', writeOff],
  ];
  // A checkout has a longer way to the unit than the others: they give it a start, or none.
  const hasStart = dice() < 0.6;
  await Promise.all(
    paths
      .toSorted(() => dice() - 0.5)
      .map(async ([path, run]) => {
        if (hasStart && !path.startsWith('buyer')) await wait(dice() * 1.6 * lately.place);
        else await moment(stage, dice);
        race.heard.push({ path, answer: await heardOf(run()) });
      }),
  );
  return race;
}

/** Ends what was won, twice at once. */
async function end(stage: Stage, race: Race, dice: () => number): Promise<void> {
  const [one, other] = dice() < 0.5 ? stage.processes : stage.processes.toReversed();
  if (one === undefined || other === undefined) return;
  if (race.owner !== undefined) {
    const { owner } = race;
    const after = async (act: () => Promise<Heard>): Promise<Heard> => {
      await moment(stage, dice);
      return heardOf(act());
    };
    const [sale, release] = await Promise.all([
      after(() => one.catalog.holds.commit(owner)),
      after(() => other.catalog.holds.release(owner, 'lapsed')),
    ]);
    race.ends = { sale, release };
  }
  if (race.order === undefined) return;
  const { order } = race;
  const { till } = stage;
  const token = await till.token(dice() < 0.3 ? 'pm_card_threeDSecure2Required' : 'pm_card_visa');
  const pay = async (): Promise<void> => {
    await timed('pay', heardOf(one.checkout.pay(order, token)));
    const now = await till.orderNow(order.orderId);
    const [intentId] = now.openIntents;
    if (intentId === undefined) return;
    till.stripe.control.authenticate(intentId, 'complete');
    await one.payments.observePayment(intentId, 'webhook').catch(() => undefined);
  };
  const leave = async (): Promise<void> => {
    // Some leave at the very moment when their charge is made and not heard of.
    if (dice() < 0.3) await whenCharging(stage, order);
    else await wait(dice() * 1.5 * lately.pay);
    if (dice() < 0.5) await heardOf(other.checkout.cancel(await till.orderNow(order.orderId)));
    else {
      till.pass(Math.max(0, order.holdEndsAt.getTime() - till.clock.now()));
      await other.checkout.endHold(order.orderId).catch(() => undefined);
    }
  };
  await Promise.all([pay(), leave()]);
}

async function whenCharging({ till }: Stage, { orderId }: Order): Promise<void> {
  for (let looks = 0; looks < 100; looks += 1) {
    const { openIntents, state } = await till.orderNow(orderId);
    if (openIntents.length > 0 || state === 'paid') return;
    await wait(2);
  }
}

/** What workers do for the orders of a batch, until each is at its end: calls to cancel fail, so it takes some rounds. */
async function settleAll(stage: Stage, field: readonly Race[]): Promise<void> {
  const { till } = stage;
  const held = field.flatMap(({ order }) => order ?? []);
  for (let round = 0; round < 40; round += 1) {
    const now = await Promise.all(held.map(({ orderId }) => till.orderNow(orderId)));
    const waiting = now.filter(({ state }) => ['held', 'paying', 'expiring'].includes(state));
    if (waiting.length === 0) break;
    till.pass(Math.max(20_000, ...waiting.map(({ holdEndsAt }) => holdEndsAt.getTime() - till.clock.now())));
    for (const { openIntents } of waiting)
      for (const intentId of openIntents)
        await till.payments.observePayment(intentId, 'reconcile').catch(() => undefined);
    await till.checkout.sweepHolds();
  }
  await till.catalog.sweep();
  // What was not charged when the order ended and is charged afterwards is heard of by webhook.
  for (const { orderId } of held)
    for (const intentId of intentsOf(stage, orderId)) await till.payments.observePayment(intentId, 'late');
  await till.outbox.sweep();
  await till.payments.sweepRefunds();
  await till.payments.sweepTransfers();
}

function intentsOf({ till }: Stage, orderId: string): string[] {
  return till.stripe.control
    .objects()
    .payment_intents.slice(-3 * batch)
    .filter(({ metadata, status }) => metadata.subjectId === orderId && status === 'succeeded')
    .map(({ id }) => id);
}

/** One of five got it, the others heard that it is gone; a hold ended once. */
function judgeRace(harms: Harms, { index, heard, ends, owner }: Race): void {
  const won = heard.filter(({ answer }) => answer.ok);
  const words = () => `race ${index}: ${JSON.stringify(heard)} ${JSON.stringify(ends)}`;
  harms.unless(won.length <= 1, 'oversold', words);
  harms.unless(won.length >= 1, 'undersold', words);
  for (const { answer } of heard)
    if (!answer.ok && !['out-of-stock', 'stock-below-held'].includes(answer.refusal))
      harms.add('unresolved', words());
  if (owner === undefined || ends === undefined) return;
  harms.unless(!(ends.sale.ok && ends.release.ok), 'doubled', words);
  harms.unless(ends.sale.ok || ends.release.ok, 'unresolved', words);
}

/** The stock document says what was heard: sold once, free once, or out of the books. */
async function judgeUnit(harms: Harms, stage: Stage, race: Race): Promise<void> {
  const row = await stage.stockOf(race.goods.variantId);
  const order = race.order && (await stage.till.orderNow(race.order.orderId));
  const bought = order ? isSold(order) : race.ends?.sale.ok === true;
  const wanted = race.isWrittenOff ? [0, 0, 0] : bought ? [0, 0, 1] : [1, 0, 0];
  const words = () =>
    `race ${race.index}: ${JSON.stringify(row)}, order ${order?.state}, ${JSON.stringify(race.ends)}`;
  const found = [row.available, row.held, row.sold];
  if (found.some((units) => units < 0) || row.sold > (wanted[2] ?? 0)) harms.add('oversold', words());
  else if (row.held > 0) harms.add('unresolved', words());
  else if (found.join() !== wanted.join()) harms.add('undersold', words());
}
