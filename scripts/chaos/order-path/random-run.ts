import type { OrderId, PersonId } from '#contract/ids.ts';
import { type Goods, heardOf, openStage, type Stage } from '../../../tests/support/order-stage.ts';
import type { Plant } from '../../../tests/support/till.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from '../report.ts';
import { Harms, judgeOrder, mend, passages, serviceBooks } from './judge.ts';

/** How many random actions; `mongoUri` names an empty database. */
export type RunSize = { actions: number; mongoUri: () => string };

type Shelf = Goods & { price: number; putIn: number };
type World = {
  stage: Stage;
  dice: () => number;
  shelves: Shelf[];
  orders: OrderId[];
  refunds: number;
  heard: number;
};

const cards = [
  ...['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard'],
  ...['pm_card_chargeDeclined', 'pm_card_threeDSecure2Required'],
];
const splits = [
  [{ funder: 'vendor' as const, basisPoints: 10_000 }],
  [{ funder: 'platform' as const, basisPoints: 10_000 }],
  [
    { funder: 'vendor' as const, basisPoints: 1667 },
    { funder: 'host' as const, basisPoints: 3333 },
    { funder: 'platform' as const, basisPoints: 5000 },
  ],
];

/** Bugs on purpose: the same checks must find them. */
const planted: Record<string, Plant> = {
  'vendor-share-written-apart': {
    payments: (parts) => ({
      ...parts,
      journal: {
        ...parts.journal,
        append: async (entry) =>
          entry.causeId.startsWith('sale:') ? 'written' : parts.journal.append(entry),
      },
    }),
  },
  'refund-paid-by-nobody': {
    checkout: (parts) => ({ ...parts, payments: { ...parts.payments, bookReturn: async () => {} } }),
  },
};

/**
 * Random actions of many buyers and a vendor: carts, orders with coupons of every split, good and bad cards, cancels,
 * lapses, refunds in part and in full, more than is left, restocks and write-offs. Then sums are made again from the
 * entries, the stock ledger and the payment service's list, and compared with what is stored.
 */
export async function runAtRandom(seed: number, { actions, mongoUri }: RunSize): Promise<ChaosReport> {
  const found = await runOnce(seed, actions, mongoUri());
  const controls = [];
  for (const [name, plant] of Object.entries(planted)) {
    const harmed = await runOnce(seed, Math.min(actions, 150), mongoUri(), plant);
    controls.push({ name, caught: !isClean(harmed) });
  }
  return { name: 'random-run', seed, ...found, controls };
}

async function runOnce(seed: number, actions: number, mongoUri: string, plant?: Plant): Promise<Findings> {
  const dice = seededDice(seed);
  await using stage = await openStage({ record: 'mongo', dice, mongoUri, ...(plant && { plant }) });
  const prices = [10_000, 4999, 333];
  const shelves = await Promise.all(
    prices.map(async (price) => ({ ...(await stage.sell({ price, units: 20 })), price, putIn: 20 })),
  );
  const world: World = { stage, dice, shelves, orders: [], refunds: 0, heard: 0 };
  const harms = new Harms();
  for (let done = 0; done < actions; done += 1) {
    const answer = await heardOf(act(world, done).then(() => ({ ok: true as const })));
    if (answer.ok) world.heard += 1;
    else harms.add('unresolved', `action ${done}: ${answer.refusal}`);
  }
  const { till } = stage;
  await mend(stage, 1);
  till.pass(400_000);
  for (let round = 0; round < 8; round += 1) await till.checkout.sweepHolds();
  till.pass(20_000);
  await mend(stage);
  while ((await till.payments.sweepTransfers()) + (await till.payments.sweepReversals()) > 0);
  await judgeWorld(harms, world);
  if (!plant) process.stderr.write(`${world.orders.length} orders, ${world.refunds} refunds\n`);
  if (!plant) for (const words of harms.words.slice(0, 8)) process.stderr.write(`${words}\n`);
  return harms.findings({ operations: actions, acknowledged: world.heard, faults: world.refunds });
}

const upTo = (dice: () => number, most: number): number => Math.floor(dice() * (most + 1));

async function act(world: World, index: number): Promise<void> {
  const { stage, dice, shelves, orders } = world;
  const { till } = stage;
  const shelf = shelves[upTo(dice, shelves.length - 1)];
  const orderId = orders[upTo(dice, orders.length - 1)];
  if (shelf === undefined) return;
  const roll = dice();
  if (roll < 0.3 || orderId === undefined) return buy(world, shelf, index);
  const order = await till.orderNow(orderId);
  if (roll < 0.55) {
    const token = await till.token(cards[upTo(dice, cards.length - 1)]);
    await till.checkout.pay(order, token);
    const intentId = (await till.orderNow(orderId)).paying?.intentId;
    if (intentId !== undefined && dice() < 0.8)
      till.stripe.control.authenticate(intentId, dice() < 0.7 ? 'complete' : 'fail');
  } else if (roll < 0.62) await till.checkout.cancel(order);
  else if (roll < 0.8) {
    // More than is left, too, which is refused.
    const amount = { amount: 1 + upTo(dice, order.totals.total.amount), currency: 'USD' as const };
    const ask = dice() < 0.3 ? { lines: [] } : { lines: [], amount };
    const units = dice() < 0.4 ? 'restock' : dice() < 0.5 ? 'write-off' : 'keep';
    const reason = 'asked for';
    const given = await till.checkout.refund(orderId, `refund-${index}`, { ...ask, units, reason });
    if (given.ok) world.refunds += 1;
  } else if (roll < 0.88) {
    const kind = dice() < 0.6 ? 'restock' : 'write-off';
    const change = { changeId: `change-${index}`, variantId: shelf.variantId, kind } as const;
    const quantity = 1 + upTo(dice, 3);
    const done = await till.catalog.holds.change({ ...change, quantity, reason: 'counted' });
    if (done.ok) shelf.putIn += kind === 'restock' ? quantity : -quantity;
  } else if (roll < 0.94) {
    till.pass(60_000);
    await till.checkout.sweepHolds();
    await till.payments.sweepTransfers();
  } else {
    const { productId, variantId } = shelf;
    await till.checkout.carts.edit(order.personId, till.vendorId, { productId, variantId, quantity: 1 });
  }
}

/** Places an order, with a coupon every other time. */
async function buy({ stage, dice, orders }: World, shelf: Shelf, index: number): Promise<void> {
  const { till } = stage;
  const buyer: PersonId = till.newPerson();
  const quantity = 1 + upTo(dice, 2);
  const off = 1 + upTo(dice, shelf.price - 200);
  const funders = splits[upTo(dice, splits.length - 1)] ?? [];
  const coupon = dice() < 0.5 ? till.grant(buyer, { off, funders }) : undefined;
  const total = shelf.price * quantity - (coupon === undefined ? 0 : off);
  const lines = [{ productId: shelf.productId, variantId: shelf.variantId, quantity }];
  const ask = { ...stage.askFor(shelf, total, coupon === undefined ? {} : { coupon }), lines };
  const placed = await till.checkout.place(buyer, `run-${index}-key`, ask);
  if (placed.ok) orders.push(placed.value.orderId);
  else if (placed.refusal !== 'out-of-stock') throw new Error(`not placed: ${placed.refusal}`);
}

/** Holds stored balances against sums made anew, and each order against the payment service's list. */
async function judgeWorld(harms: Harms, { stage, shelves, orders }: World): Promise<void> {
  const { till } = stage;
  const looked = { books: serviceBooks(stage), sums: await passages(stage) };
  for (const orderId of orders) judgeOrder(harms, await till.orderNow(orderId), looked);
  const entries = await till.payments.journal.entriesOf('');
  const again = new Map<string, number>();
  for (const { legs } of entries)
    for (const { account, amount } of legs) again.set(account, (again.get(account) ?? 0) + amount.amount);
  for (const account of new Set([...again.keys(), ...looked.sums.keys()]))
    harms.unless(
      again.get(account) === looked.sums.get(account),
      'lost',
      () => `${account}: ${looked.sums.get(account)} stored, ${again.get(account)} by entries`,
    );
  const all = [...again.values()].reduce((sum, amount) => sum + amount, 0);
  harms.unless(all === 0, 'lost', () => `the journal leaves ${all}`);
  const vendor = again.get(`vendor:${till.vendorId}`) ?? 0;
  harms.unless(vendor === 0, 'lost', () => `${vendor} not transferred to the vendor`);
  const counted = till.stripe.control
    .objects()
    .balance_transactions.filter(({ account, type }) => account === null && type !== 'topup')
    .reduce((sum, { amount }) => sum + amount, 0);
  const held = again.get('payment-service') ?? 0;
  harms.unless(held === counted, 'lost', () => `${held} in the journal, ${counted} with the payment service`);
  for (const shelf of shelves) await judgeShelf(harms, stage, shelf);
}

/** The shelf's three balances are the sums of its ledger's entries, and of what was put in and not written off. */
async function judgeShelf(harms: Harms, stage: Stage, { variantId, putIn }: Shelf): Promise<void> {
  const row = await stage.stockOf(variantId);
  const entries = await stage.till.mongo
    .collection<{ variantId: string; cause: string; quantity: number }>('stock_entries')
    .find({ variantId })
    .toArray();
  const moved = (...causes: string[]): number =>
    entries.filter(({ cause }) => causes.includes(cause)).reduce((sum, { quantity }) => sum + quantity, 0);
  const sold = moved('sale') - moved('return', 'return-write-off');
  const held = moved('hold') - moved('hold-undone', 'release', 'sale');
  const returnedBroken = moved('return-write-off');
  const words = () =>
    `${variantId}: ${JSON.stringify(row)}, sold ${sold}, held ${held} by entries, ${putIn} put in`;
  harms.unless(row.sold === sold && row.held === held && held === 0, 'lost', words);
  harms.unless(row.available >= 0, 'oversold', words);
  harms.unless(row.available + row.held + row.sold === putIn - returnedBroken, 'undersold', words);
}
