import type { PlaceOrder, RefundOrder } from '#contract/checkout.ts';
import type { ErrorCode, Result } from '#contract/errors.ts';
import { AccountId, type OrderId, type PersonId } from '#contract/ids.ts';
import type { PayOutcome } from '#server/checkout/pay.ts';
import type { Heard, House } from './house.ts';
import type { Card } from './payment-objects.ts';
import { holdMs } from './process.ts';
import { openVendor, stockUp, streamId, type Ware } from './record.ts';
import type { Party } from './scheduler.ts';

const funderSplits = [
  [{ funder: 'vendor', basisPoints: 10_000 }],
  [{ funder: 'platform', basisPoints: 10_000 }],
  [
    { funder: 'vendor', basisPoints: 3333 },
    { funder: 'host', basisPoints: 3333 },
    { funder: 'platform', basisPoints: 3334 },
  ],
] as const;

/** What an order must cost, computed apart from the product: goods less the coupon, which no line takes below its floor. */
export function rightTotal(lines: readonly { ware: Ware; quantity: number }[], off: number): number {
  const goods = lines.reduce((sum, { ware, quantity }) => sum + ware.list * quantity, 0);
  const room = lines.reduce((sum, { ware, quantity }) => sum + (ware.list - ware.floor) * quantity, 0);
  return goods - Math.min(off, room);
}

/** Fills the shop and sends buyers into it. Resolves when the last one has left. */
export async function openShop(house: House): Promise<void> {
  const { record, scheduler } = house;
  const { dice } = scheduler;
  const vendors = [await openVendor(record, 1), await openVendor(record, 2)];
  for (let count = 2 + dice.below(2); count > 0; count -= 1) {
    const list = dice.pick([999, 3333, 10_000]);
    const floor = dice.pick([0, 0, Math.floor(list / 2)]);
    await stockUp(record, { vendorId: dice.pick(vendors), list, floor, units: 1 + dice.below(3) });
  }
  const buyers = Array.from({ length: 2 + dice.below(4) }, async (_, index) => {
    const party: Party = { name: `buyer ${index + 1}`, isAlive: true };
    const personId = AccountId.parse(`acc_${index + 1}`);
    if (dice.chance(0.6)) {
      const ref = `grant_${index + 1}`;
      const funders = [...dice.pick(funderSplits)];
      const off = dice.pick([100, 1001, 5000]);
      record.coupons.set(ref, { ref, personId, off, funders, state: 'granted', orderId: undefined });
    }
    await scheduler.wait(dice.pick([0, 0, 100, 5000]), party);
    const trips = Array.from({ length: 1 + dice.below(2) }, async (__, trip) => {
      // Two tabs: the second trip may begin with the first.
      await scheduler.wait(dice.pick([0, 50, 3000, 30_000]) * trip, party);
      await shop(house, party, personId, `trip-${index + 1}-${trip}`);
    });
    await Promise.all(trips);
  });
  await Promise.all(buyers);
}

async function shop(house: House, party: Party, personId: PersonId, key: string): Promise<void> {
  const { record, scheduler } = house;
  const { dice } = scheduler;
  const first = dice.pick(record.wares);
  const second = dice.pick(record.wares);
  const wares =
    second === first || second.vendorId !== first.vendorId || dice.chance(0.5) ? [first] : [first, second];
  const lines = wares.map((ware) => ({ ware, quantity: 1 + dice.below(2) }));
  const coupon = dice.chance(0.6)
    ? [...record.coupons.values()].find((one) => one.personId === personId)
    : undefined;
  const total = rightTotal(lines, coupon?.off ?? 0);
  const lie = dice.chance(0.08) ? 1 + dice.below(total) : 0;
  const ask: PlaceOrder = {
    lines: lines.map(({ ware: { productId, variantId }, quantity }) => ({ productId, variantId, quantity })),
    streamId,
    quotedTotal: { amount: total - lie, currency: 'USD' },
    ...(coupon && { coupon: coupon.ref }),
  };
  const place = () =>
    house.request(party, `places ${key}`, ({ checkout }) => checkout.place(personId, key, ask));
  const orderId = await (async () => {
    for (let tries = 0; tries < 4; tries += 1) {
      const taps = dice.chance(0.2) ? [place(), place()] : [place()];
      for (const heard of await Promise.all(taps)) {
        if (heard.kind !== 'answer') continue;
        if (!heard.value.ok) {
          if (heard.value.refusal === 'quote-changed' && lie === 0)
            house.watch.faults.push(`I12 the right price of ${key} was turned away`);
          return undefined;
        }
        return heard.value.value.orderId;
      }
      await scheduler.wait(200, party);
    }
    return undefined;
  })();
  if (orderId === undefined) return;
  await buy(house, party, orderId, key);
  await scheduler.wait(dice.below(6000), party);
  if (dice.chance(0.35)) await giveBack(house, party, orderId, key);
}

/** The vendor gives money back, twice over or together with somebody at the payment service's own page. */
async function giveBack(house: House, party: Party, orderId: OrderId, key: string): Promise<void> {
  const { scheduler, model, record } = house;
  const { dice } = scheduler;
  const order = await record.orders.get(orderId);
  if (order?.paid === undefined) return;
  const { intentId } = order.paid;
  const outside = () => model.refundOutside(intentId, dice.pick([0.3, 1]));
  if (dice.chance(0.2)) outside();
  const asks = Array.from({ length: 1 + dice.below(2) }, (_, index) => {
    const [line] = order.lines;
    const part = { amount: 1 + dice.below(order.totals.total.amount), currency: 'USD' as const };
    const units = dice.pick(['restock', 'write-off', 'keep'] as const);
    const ask: RefundOrder = dice.pick([
      { lines: [], units, reason: 'all of it' },
      { lines: line ? [{ variantId: line.variantId, quantity: 1 }] : [], units, reason: 'one unit' },
      { lines: [], amount: part, units: 'keep' as const, reason: 'for the trouble' },
    ]);
    return { key: `${key}-refund-${index}`, ask };
  });
  const send = async ({ key: refundKey, ask }: (typeof asks)[number]) => {
    for (let tries = 0; tries < 3; tries += 1) {
      const heard = await house.request(party, `refunds ${orderId}`, ({ refund }) =>
        refund(orderId, refundKey, ask),
      );
      if (heard.kind === 'answer') return;
      await scheduler.wait(300, party);
    }
  };
  await Promise.all([...asks, ...asks.slice(0, dice.below(2))].map(send));
  if (dice.chance(0.1)) outside();
}

async function buy(house: House, party: Party, orderId: OrderId, key: string): Promise<void> {
  const { scheduler, model } = house;
  const { dice } = scheduler;
  const placedAt = scheduler.now;
  const cancel = () =>
    house.request(party, `cancels ${orderId}`, async ({ checkout }) => {
      const order = await checkout.orders.get(orderId);
      return order && checkout.cancel(order);
    });
  const pay = (token: string) =>
    house.request(party, `pays ${orderId} ${token}`, async ({ checkout }) => {
      const order = await checkout.orders.get(orderId);
      return order && checkout.pay(order, token);
    });
  const card = (): Card =>
    dice.pick(['good', 'good', 'good', 'declined', 'asks', 'asks', 'slow-good', 'slow-bad']);
  const newToken = () => model.token(card(), `card of ${key}`);

  const plan = dice.pick([
    'pay',
    'pay',
    'pay',
    'pay',
    'last instant',
    'leave',
    'cancel',
    'pay and cancel',
    'two cards',
  ]);
  if (plan === 'cancel') {
    await scheduler.wait(dice.below(3000), party);
    await cancel();
  }
  if (plan === 'cancel' || plan === 'leave') {
    await scheduler.wait(holdMs + dice.below(8000), party);
    const order = dice.chance(0.3) ? await house.record.orders.get(orderId) : undefined;
    if (order) model.payLate(orderId, order.totals.total);
    return;
  }
  const rest = placedAt + holdMs - scheduler.now;
  await scheduler.wait(
    plan === 'last instant' ? Math.max(0, rest - dice.below(120)) : dice.below(2000),
    party,
  );
  if (plan === 'pay and cancel') {
    await Promise.all([pay(newToken()), scheduler.wait(dice.below(300), party).then(cancel)]);
    return;
  }
  if (plan === 'two cards') {
    const both = [newToken(), newToken()].map((token) => payThrough(house, party, orderId, () => pay(token)));
    await Promise.all(both);
    return;
  }
  for (let cards = 0; cards < 3; cards += 1) {
    const token = newToken();
    const isOver = await payThrough(house, party, orderId, () => pay(token));
    if (isOver) return;
    await scheduler.wait(dice.below(1500), party);
  }
}

/** One card, as long as it is not known how it went. True: nothing more is to be done. */
async function payThrough(
  house: House,
  party: Party,
  orderId: OrderId,
  pay: () => Promise<Heard<Result<PayOutcome, ErrorCode> | undefined>>,
): Promise<boolean> {
  const { scheduler } = house;
  const { dice } = scheduler;
  for (let tries = 0; tries < 4; tries += 1) {
    const [heard] = await Promise.all(dice.chance(0.15) ? [pay(), pay()] : [pay()]);
    const answer = heard?.kind === 'answer' ? heard.value : undefined;
    if (answer?.ok) {
      const { status, clientSecret } = answer.value;
      if (status === 'requires-action' && clientSecret !== undefined)
        return authenticate(house, party, orderId, clientSecret.replace('_secret', ''));
      return true;
    }
    if (answer && !answer.ok && !/payment-service-down|conflict|not-known-yet/.test(answer.refusal))
      return answer.refusal !== 'card-declined' || dice.chance(0.2);
    await scheduler.wait(500 + dice.below(3000), party);
  }
  return true;
}

/** The bank's window: passed, failed, passed late, or left. */
async function authenticate(
  house: House,
  party: Party,
  orderId: OrderId,
  intentId: string,
): Promise<boolean> {
  const { scheduler, model } = house;
  const { dice } = scheduler;
  const way = dice.pick(['passes', 'passes', 'fails', 'passes late', 'leaves', 'leaves for another card']);
  if (way === 'leaves') return true;
  if (way === 'leaves for another card') return false;
  await scheduler.wait(way === 'passes late' ? holdMs - 3000 + dice.below(4000) : dice.below(3000), party);
  scheduler.note(party.name, () => `${way} for ${orderId}`);
  model.authenticate(intentId, way !== 'fails');
  return way !== 'fails';
}
