import type { OrderId } from '#contract/ids.ts';
import { type Goods, openStage, type Process, type Stage } from '../../../tests/support/order-stage.ts';
import type { Plant } from '../../../tests/support/till.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from '../report.ts';
import { Harms } from './judge.ts';

/** How many of the 720 orders, over the memory twins and over MongoDB; `mongoUri` names an empty database. */
export type WebhookSize = { memory: number; mongo: number; mongoUri: () => string };

const price = 10_000;
const off = 3000;

/** Bugs on purpose: the same checks must find them. */
const planted: Record<string, Plant> = {
  'journal-without-cause': {
    payments: (parts) => {
      let written = 0;
      return {
        ...parts,
        journal: {
          ...parts.journal,
          balances: () => parts.journal.balances(),
          entriesOf: (prefix) => parts.journal.entriesOf(prefix),
          append(entry) {
            written += 1;
            return parts.journal.append({ ...entry, causeId: `${entry.causeId}:${written}` });
          },
        },
      };
    },
  },
  'first-event-believed': {
    payments: (parts) => {
      const seen = new Set<string>();
      return {
        ...parts,
        stripe: {
          ...parts.stripe,
          async fetchPayment(intentId) {
            if (seen.has(intentId)) return undefined;
            seen.add(intentId);
            return parts.stripe.fetchPayment(intentId);
          },
        },
      };
    },
  },
};

/**
 * One order's life has six events: made, authentication wanted, charged, paid, refunded in part, refunded in full. They
 * are posted as signed bodies in a given order, once each after the whole life, and doubled as early as that order
 * allows while it is lived; every order of the six must leave the same order, stock, coupon, journal and transfers.
 */
export async function orderWebhooks(seed: number, size: WebhookSize): Promise<ChaosReport> {
  const found = await shuffleOn('memory', size.memory, seed, size.mongoUri());
  const mongo = size.mongo > 0 ? await shuffleOn('mongo', size.mongo, seed + 1, size.mongoUri()) : undefined;
  const controls = [];
  for (const [name, plant] of Object.entries(planted)) {
    const harmed = await shuffleOn('memory', 6, seed, size.mongoUri(), plant);
    controls.push({ name, caught: !isClean(harmed) });
  }
  const all = (name: keyof Findings): number => found[name] + (mongo?.[name] ?? 0);
  return {
    ...{ name: 'webhook-orders', seed, operations: all('operations'), acknowledged: all('acknowledged') },
    ...{ lost: all('lost'), oversold: all('oversold'), doubled: all('doubled'), undersold: all('undersold') },
    ...{ unresolved: all('unresolved'), faults: all('faults'), controls },
  };
}

async function shuffleOn(
  record: Stage['record'],
  orders: number,
  seed: number,
  mongoUri: string,
  plant?: Plant,
): Promise<Findings> {
  const dice = seededDice(seed);
  await using stage = await openStage({ record, dice, mongoUri, ...(plant && { plant }) });
  const { till } = stage;
  // What is posted by itself is lost; only what this run posts again arrives.
  till.holdJobs(true);
  till.stripe.addFault({ kind: 'webhook-lost', type: '*', times: 1_000_000 });
  const harms = new Harms();
  const all = permutations([0, 1, 2, 3, 4, 5]);
  const chosen = orders >= all.length ? all : shuffled(all, dice).slice(0, orders);
  const first = [0, 1, 2, 3, 4, 5];
  const wanted = await live(stage, first, 'as-it-is-lived');
  let posted = 6;
  for (const order of chosen)
    for (const when of ['afterwards', 'as-it-is-lived'] as const) {
      const left = await live(stage, order, when).catch((fault: unknown) => String(fault));
      posted += when === 'afterwards' ? 6 : 12;
      harms.unless(left === wanted, 'lost', () => `${order.join('')} ${when}: ${left}\ninstead of ${wanted}`);
    }
  if (!plant) for (const words of harms.words.slice(0, 3)) process.stderr.write(`${words}\n`);
  return harms.findings({ operations: posted, acknowledged: posted, faults: chosen.length * 2 });
}

/** Lives an order to its end while its events come in an order; answers what is left of it, in words without ids. */
async function live(
  stage: Stage,
  order: readonly number[],
  when: 'afterwards' | 'as-it-is-lived',
): Promise<string> {
  const { till } = stage;
  const [desk, other] = stage.processes;
  const buyer = till.newPerson();
  const goods = await stage.sell({ price, units: 5 });
  const funders = [
    { funder: 'host' as const, basisPoints: 3333 },
    { funder: 'platform' as const, basisPoints: 6667 },
  ];
  const coupon = till.grant(buyer, { off, funders });
  const placed = await till.place(buyer, stage.askFor(goods, price - off, { coupon }));
  const { orderId } = placed;
  await desk.checkout.pay(placed, await till.token('pm_card_threeDSecure2Required'));
  const intentId = (await till.orderNow(orderId)).paying?.intentId ?? '';

  const steps: (() => unknown)[] = [
    () => {},
    () => till.stripe.control.authenticate(intentId, 'complete'),
    () => till.sdk.refunds.create({ payment_intent: intentId, amount: 2345 }),
    () => till.sdk.refunds.create({ payment_intent: intentId }),
  ];
  let next = 0;
  const arrive = async (): Promise<void> => {
    const born = bornOf(stage, intentId);
    for (let index = order[next]; index !== undefined; index = order[next]) {
      const eventId = born[index];
      if (eventId === undefined) return;
      next += 1;
      await deliver(stage, [desk, other], eventId, when === 'afterwards' ? 1 : 2);
    }
  };
  for (const step of steps) {
    await step();
    if (when === 'as-it-is-lived') await arrive();
  }
  await arrive();
  await till.outbox.sweep();
  await till.payments.sweepRefunds();
  await till.payments.sweepTransfers();
  await till.payments.sweepReversals();
  return remains(stage, orderId, goods, coupon);
}

/** The life's six events as far as they have happened, oldest first. */
function bornOf({ till }: Stage, intentId: string): (string | undefined)[] {
  const own = till.stripe
    .events()
    .slice(-60)
    .filter(({ event }) => JSON.stringify(event.data.object).includes(intentId));
  const [part, rest] = own.filter(({ event }) => event.type === 'charge.refunded');
  const first = (type: string) => own.find(({ event }) => event.type === type)?.id;
  return [
    first('payment_intent.created'),
    first('payment_intent.requires_action'),
    first('charge.succeeded'),
    first('payment_intent.succeeded'),
    part?.id,
    rest?.id,
  ];
}

/** Posts a signed event and has two processes handle it, as if each of them had been woken. */
async function deliver(
  { till }: Stage,
  workers: readonly Process[],
  eventId: string,
  copies: number,
): Promise<void> {
  const status = await till.stripe.replayEvent(eventId, copies);
  if (status !== 200) throw new Error(`webhook answered ${status}`);
  await Promise.all(workers.slice(0, copies).map(({ payments }) => payments.handleEvent(eventId)));
}

/** What an order leaves everywhere, without ids and instants. */
async function remains(
  stage: Stage,
  orderId: OrderId,
  { variantId }: Goods,
  coupon: string,
): Promise<string> {
  const { till } = stage;
  const order = await till.orderNow(orderId);
  const objects = till.stripe.control.objects();
  const entries = (await till.payments.journal.entriesOf('')).filter(({ legs, causeId, note }) =>
    [...legs.map(({ account }) => account), causeId, note].some((words) => words.includes(orderId)),
  );
  const left = {
    state: order.state,
    steps: order.history.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]),
    attempts: order.attempts,
    stock: await stage.stockOf(variantId),
    coupon: till.coupons.get(coupon)?.state,
    journal: entries
      .map(
        ({ causeId, legs }) =>
          `${causeId.split(':')[0]} ${legs.map(({ account, amount }) => `${account.split(':')[0]} ${amount.amount}`).join(' ')}`,
      )
      .toSorted(),
    transfers: objects.transfers
      .filter(({ transfer_group: group }) => group === orderId)
      .map(({ amount, amount_reversed: back }) => `${amount} ${back}`)
      .toSorted(),
  };
  return JSON.stringify(left);
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

/** In an order of the dice's. */
function shuffled<Item>(items: readonly Item[], dice: () => number): Item[] {
  return items
    .map((item) => ({ item, rank: dice() }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
