import { setTimeout as wait } from 'node:timers/promises';
import type { Order } from '#server/checkout/index.ts';
import { type Goods, heardOf, openStage, type Stage } from '../../../tests/support/order-stage.ts';
import type { Plant } from '../../../tests/support/till.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from '../report.ts';
import { Harms, isSold, judgeOrder, judgeStock, mend, passages, serviceBooks } from './judge.ts';
import { keyless } from './planted.ts';

/** How many checkouts, and how many at once; `mongoUri` names an empty database. */
export type CrowdSize = { checkouts: number; mongoUri: () => string };

const price = 3000;
const lanes = 16;
const shelves = 16;

async function* nothing(): AsyncGenerator<never> {}

/** Bugs on purpose: the same checks must find them. */
const planted: Record<string, Plant> = {
  'charge-without-key': keyless('createPayment'),
  'nobody-asks-what-was-missed': {
    payments: (parts) => ({
      ...parts,
      stripe: { ...parts.stripe, eventsSince: nothing, paymentsSince: nothing },
    }),
  },
};

/**
 * A crowd of checkouts while the payment service answers 429, 500 before and after the work, hangs up after it, breaks
 * off in the middle of an answer, and loses, doubles, delays and reorders its webhooks. When it is over each charge has
 * one order or went back in full, no order was charged twice, and every event that was lost has been found.
 */
export async function breakPayments(seed: number, { checkouts, mongoUri }: CrowdSize): Promise<ChaosReport> {
  const found = await crowdOn(seed, checkouts, mongoUri());
  const controls = [];
  for (const [name, plant] of Object.entries(planted)) {
    const harmed = await crowdOn(seed, Math.min(checkouts, 24), mongoUri(), plant);
    controls.push({ name, caught: !isClean(harmed) });
  }
  return { name: 'payment-faults', seed, ...found, controls };
}

type Heard = { order: Order; isToldPaid: boolean };

async function crowdOn(seed: number, checkouts: number, mongoUri: string, plant?: Plant): Promise<Findings> {
  const dice = seededDice(seed);
  await using stage = await openStage({ record: 'mongo', dice, mongoUri, ...(plant && { plant }) });
  const { till } = stage;
  const harms = new Harms();
  const goods = await Promise.all(
    Array.from({ length: shelves }, () => stage.sell({ price, units: checkouts })),
  );
  const histories: Heard[] = [];
  let faults = 0;
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < checkouts) {
      const index = begun;
      begun += 1;
      faults += disturb(stage, dice);
      const shelf = goods[index % shelves];
      if (shelf === undefined) return;
      const heard = await goShopping(stage, dice, index, shelf);
      if (heard) histories.push(heard);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, checkouts) }, lane));
  till.stripe.clearFaults();
  const lost = lostEvents(stage);
  await comeToRest(stage, histories, plant ? 4 : 60);

  const looked = { books: serviceBooks(stage), sums: await passages(stage) };
  const sold = new Map<string, number>();
  for (const { order, isToldPaid } of histories) {
    const now = await till.orderNow(order.orderId);
    judgeOrder(harms, now, looked);
    harms.unless(
      !isToldPaid || isSold(now),
      'lost',
      () => `${order.orderId} was told paid and is ${now.state}`,
    );
    const variantId = now.lines[0]?.variantId ?? '';
    if (isSold(now)) sold.set(variantId, (sold.get(variantId) ?? 0) + 1);
  }
  for (const shelf of goods)
    await judgeStock(harms, stage, shelf, { putIn: checkouts, sold: sold.get(shelf.variantId) ?? 0 });
  const known = new Set(histories.map(({ order }) => order.orderId as string));
  for (const [orderId, { charges }] of looked.books)
    harms.unless(
      known.has(orderId) || charges.every(({ amount, back }) => amount === back),
      'lost',
      () => `${orderId} was charged and is no order`,
    );
  await judgeEvents(harms, stage, lost);
  if (!plant) process.stderr.write(`${lost.length} events lost, ${faults} faults\n`);
  if (!plant) for (const words of harms.words.slice(0, 8)) process.stderr.write(`${words}\n`);
  return harms.findings({ operations: checkouts, acknowledged: histories.length, faults });
}

const serviceFaults = ['429', '500-before', '500-after', 'timeout-after', 'reset-mid-body'] as const;
const webhookFaults = ['webhook-lost', 'webhook-doubled', 'webhook-delayed', 'webhook-reordered'] as const;
const paths = ['/v1/payment_intents', '/v1/payment_intents/*', '/v1/*'];

/** Has the payment service fail soon, most of the time. Answers how many failures were asked for. */
function disturb({ till }: Stage, dice: () => number): number {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(dice() * items.length)];
  let made = 0;
  if (dice() < 0.5) {
    const times = 1 + Math.floor(dice() * 4);
    till.stripe.addFault({
      kind: pick(serviceFaults) ?? '429',
      path: pick(paths) ?? '/v1/*',
      ms: 1,
      skip: Math.floor(dice() * 3),
      times,
    });
    made += times;
  }
  if (dice() < 0.8) {
    till.stripe.addFault({ kind: pick(webhookFaults) ?? 'webhook-lost', type: '*', ms: 50 });
    made += 1;
  }
  return made;
}

/** Asks again where nothing was heard, as a browser does: five times at most. */
async function stubborn<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      return await ask();
    } catch {
      await wait(5);
    }
  }
  return undefined;
}

/** One buyer's way: places, pays with one card or two, passes or fails its bank's question, leaves or stays. */
async function goShopping(
  stage: Stage,
  dice: () => number,
  index: number,
  goods: Goods,
): Promise<Heard | undefined> {
  const { till, processes } = stage;
  const buyer = till.newPerson();
  const desk = () => processes[dice() < 0.5 ? 0 : 1];
  const key = `crowd-${index}-key`;
  const placed = await stubborn(() => desk().checkout.place(buyer, key, stage.askFor(goods, price)));
  if (!placed?.ok) return undefined;
  const order = placed.value;
  const heard: Heard = { order, isToldPaid: false };
  const cards = ['pm_card_visa', 'pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_threeDSecure2Required'];
  for (let card = 0; card < 2; card += 1) {
    const token = await stubborn(() => till.token(cards[Math.floor(dice() * cards.length)]));
    if (token === undefined) return heard;
    for (let tries = 0; tries < 4; tries += 1) {
      const now = await till.orderNow(order.orderId);
      // Two tabs at once, now and then.
      const tabs = dice() < 0.2 ? 2 : 1;
      const answers = await Promise.all(
        Array.from({ length: tabs }, () => answerOf(() => desk().checkout.pay(now, token))),
      );
      if (answers.includes('paid')) heard.isToldPaid = true;
      if (answers.includes('requires-action')) await authenticate(stage, dice, order);
      if (answers.some((answer) => answer !== 'no word')) break;
    }
    const { state } = await till.orderNow(order.orderId);
    if (state !== 'held') break;
  }
  if (dice() < 0.1) await heardOf(stubbornCancel(() => desk().checkout.cancel(order)));
  return heard;
}

type Cancelled = Awaited<ReturnType<Stage['till']['checkout']['cancel']>>;
async function stubbornCancel(cancel: () => Promise<Cancelled>): Promise<Cancelled> {
  return (await stubborn(cancel)) ?? { ok: false, refusal: 'conflict' };
}

type PayAnswer = Awaited<ReturnType<Stage['till']['checkout']['pay']>>;
/** `no word`: it may have been charged, and the buyer asks again with the same card. */
async function answerOf(pay: () => Promise<PayAnswer>): Promise<string> {
  try {
    const answer = await pay();
    if (answer.ok) return answer.value.status;
    return answer.refusal === 'payment-service-down' ? 'no word' : answer.refusal;
  } catch {
    return 'no word';
  }
}

async function authenticate({ till }: Stage, dice: () => number, order: Order): Promise<void> {
  const now = await till.orderNow(order.orderId);
  const intentId = now.paying?.intentId ?? now.openIntents[0];
  const roll = dice();
  if (intentId !== undefined && roll < 0.8)
    till.stripe.control.authenticate(intentId, roll < 0.6 ? 'complete' : 'fail');
}

/** Turns of a payment; that it was made, or charged, comes with its answer or with one of these. */
const heardTypes = /^(payment_intent[.](?!created)|charge[.](captured|refunded|dispute))/;
const isTaken = (status: number): boolean => status >= 200 && status < 300;

/** Events that the payment service posted to nobody and will not post again. */
const lostEvents = ({ till }: Stage): string[] =>
  till.stripe
    .events()
    .filter(
      ({ waiting, deliveries, event }) =>
        !waiting && heardTypes.test(event.type) && !deliveries.some(({ status }) => isTaken(status)),
    )
    .map(({ id }) => id);

async function judgeEvents(harms: Harms, { till }: Stage, lost: readonly string[]): Promise<void> {
  const rows = await till.mongo
    .collection<{ _id: string; state: string }>('payment_events')
    .find({ state: 'handled' })
    .toArray();
  const handled = new Set(rows.map(({ _id }) => _id));
  for (const eventId of lost) harms.unless(handled.has(eventId), 'lost', () => `${eventId} was never found`);
}

/** Sweeps until every order is at its end and all money has gone where it goes, or `rounds` are over. */
async function comeToRest(stage: Stage, histories: readonly Heard[], rounds: number): Promise<void> {
  const { till } = stage;
  await till.settled();
  till.pass(20_000);
  await mend(stage, 1);
  till.pass(400_000);
  for (let round = 0; round < rounds; round += 1) {
    const states = await Promise.all(
      histories.map(async ({ order }) => (await till.orderNow(order.orderId)).state),
    );
    const isOver = states.every((state) => !['pending', 'held', 'paying', 'expiring'].includes(state));
    await till.checkout.sweepHolds();
    till.pass(31_000);
    const sent = await till.payments.sweepTransfers();
    if (isOver && sent === 0) break;
    if (round % 5 === 4) await mend(stage, 1);
  }
  await mend(stage);
}
