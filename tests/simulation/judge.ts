import type { Order } from '#server/checkout/index.ts';
import { rightTotal } from './buyers.ts';
import type { House } from './house.ts';
import { type Intent, keptOf, sentOf } from './payment-objects.ts';
import type { Ware } from './record.ts';

const over = ['paid', 'fulfilled', 'refunded', 'cancelled', 'expired'];
const sold = ['paid', 'fulfilled'];
const everAfter = new Date(8e14);

/** All that must be so once everything has settled; each fault begins with the invariant's id. */
export async function judge(house: House): Promise<string[]> {
  const { record, model, watch } = house;
  const orders: Order[] = [];
  for (const orderId of record.orderIds) {
    const order = await record.orders.get(orderId);
    if (order) orders.push(order);
  }
  const faults = [...watch.faults, ...model.faults];
  for (const order of orders) faults.push(...orderFaults(house, order));
  for (const ware of record.wares) faults.push(...(await stockFaults(house, ware, orders)));
  faults.push(
    ...couponFaults(house, orders),
    ...(await bookFaults(house)),
    ...(await leftOvers(house, orders)),
  );
  return [...new Set(faults)];
}

const intentsOf = ({ model }: House, { orderId }: Order): Intent[] =>
  [...model.intents.values()].filter(({ subjectId }) => subjectId === orderId);

function orderFaults(house: House, order: Order): string[] {
  const { orderId, state, paid, totals, history } = order;
  const faults: string[] = [];
  const intents = intentsOf(house, order);
  const kept = intents.filter((intent) => keptOf(intent) > 0);
  if (!over.includes(state)) faults.push(`I14 ${orderId} is ${state} for ever`);
  if (sold.includes(state)) {
    const sale = intents.find(({ intentId }) => intentId === paid?.intentId);
    if (sale?.charge === undefined) faults.push(`I10 ${orderId} is ${state} and nothing was charged`);
    if (kept.length > 1) faults.push(`I11 ${orderId} was charged ${kept.length} times`);
    if (kept.some((intent) => intent !== sale)) faults.push(`I10 a second charge of ${orderId} is kept`);
    if (sale?.charge && sale.charge.captured !== totals.total.amount)
      faults.push(`I12 ${orderId} was charged ${sale.charge.captured} of ${totals.total.amount}`);
  } else if (kept.length > 0) faults.push(`I10 ${orderId} is ${state} and its charge is kept`);
  for (const { intentId, status } of intents)
    if (status === 'requires_action' || status === 'processing')
      faults.push(`I14 ${intentId} of ${orderId} (${state}) is ${status}: it can still be charged`);
  const states = history.map((step) => step.state);
  const paidAt = states.indexOf('paid');
  if (paidAt >= 0 && states.slice(paidAt).some((one) => one === 'expired' || one === 'cancelled'))
    faults.push(`I14 ${orderId} was paid and ended as ${state}`);
  const wares = order.lines.map(({ variantId, quantity }) => ({
    ware: wareOf(house, variantId),
    quantity,
  }));
  const coupon = order.terms.map(({ ref }) => house.record.coupons.get(ref)?.off ?? 0).at(0) ?? 0;
  const right = rightTotal(wares, coupon);
  if (totals.total.amount !== right)
    faults.push(`I12 ${orderId} costs ${totals.total.amount}, right is ${right}`);
  return [...faults, ...splitFaults(order)];
}

/** [RULE-2] No cent is lost or made between an order's lines, its totals and those who fund its discount. */
function splitFaults({ orderId, lines, totals, discounts }: Order): string[] {
  const sum = (amounts: number[]) => amounts.reduce((a, b) => a + b, 0);
  const lineDiscounts = sum(lines.map(({ discount }) => discount.amount));
  const lineTotals = sum(lines.map(({ total }) => total.amount));
  const funded = sum(discounts.map(({ amount }) => amount.amount));
  const { goods, discount } = totals;
  return lineDiscounts === discount.amount &&
    lineTotals === goods.amount - discount.amount &&
    funded === discount.amount
    ? []
    : [`RULE-2 ${orderId}: lines take off ${lineDiscounts}, funders ${funded}, the order ${discount.amount}`];
}

function wareOf({ record }: House, variantId: string): Ware {
  const ware = record.wares.find((one) => one.variantId === variantId);
  if (ware === undefined) throw new Error(`${variantId} is not sold here`);
  return ware;
}

async function stockFaults({ record }: House, ware: Ware, orders: readonly Order[]): Promise<string[]> {
  const { variantId, units } = ware;
  const [row] = await record.stock.rows([variantId]);
  if (row === undefined) return [`I13 ${variantId} has no stock`];
  const { available, held, sold: gone, pending, unwritten } = row;
  const faults: string[] = [];
  if (available < 0 || held < 0 || gone < 0 || gone > units)
    faults.push(`I13 ${variantId} has ${available} available, ${held} held, ${gone} sold of ${units}`);
  const writtenOff = orders.reduce((sum, order) => sum + unitsBack(order, variantId, ['write-off']), 0);
  if (available + held + gone !== units - writtenOff)
    faults.push(`I13 ${variantId}: ${available}+${held}+${gone} is not ${units}-${writtenOff}`);
  if (held !== 0) faults.push(`I14 ${held} units of ${variantId} are held for ever`);
  const due = orders
    .filter(({ history }) => history.some(({ state }) => state === 'paid'))
    .flatMap((order) =>
      order.lines.map((line) => ({ line, back: unitsBack(order, line.variantId, ['restock', 'write-off']) })),
    )
    .filter(({ line }) => line.variantId === variantId)
    .reduce((sum, { line, back }) => sum + line.quantity - back, 0);
  if (gone !== due) faults.push(`I13 ${variantId}: ${gone} sold, orders say ${due}`);
  if (pending.length + unwritten.length > 0) faults.push(`I17 ${variantId} has unfinished steps`);
  const entries = await record.stock.entries(variantId, 0, Number.MAX_SAFE_INTEGER);
  const last = entries.at(-1);
  if (entries.length !== row.version || last?.available !== available || last.sold !== gone)
    faults.push(`I13 the ledger of ${variantId} does not add up`);
  return faults;
}

const unitsBack = ({ refunds }: Order, variantId: string, ways: readonly string[]): number =>
  refunds
    .filter(({ units, doneAt }) => ways.includes(units) && doneAt !== undefined)
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => sum + (line.variantId === variantId ? line.quantity : 0), 0);

function couponFaults({ record }: House, orders: readonly Order[]): string[] {
  const faults: string[] = [];
  for (const { ref, state, orderId } of record.coupons.values()) {
    const order = orders.find((one) => one.orderId === orderId);
    const isUsed = order !== undefined && sold.includes(order.state);
    if (state === 'reserved') faults.push(`I9 coupon ${ref} is reserved for ever`);
    if (state === 'redeemed' && !isUsed)
      faults.push(`I9 coupon ${ref} is redeemed by ${orderId} (${order?.state})`);
  }
  for (const { orderId, state, terms } of orders)
    for (const { ref } of terms) {
      const coupon = record.coupons.get(ref);
      if (sold.includes(state) && (coupon?.state !== 'redeemed' || coupon.orderId !== orderId))
        faults.push(`I9 ${orderId} is ${state} and coupon ${ref} is ${coupon?.state} by ${coupon?.orderId}`);
    }
  return faults;
}

async function bookFaults({ record, model }: House): Promise<string[]> {
  const faults: string[] = [];
  let sum = 0;
  for (const { account, amount } of await record.journal.balances()) {
    sum += amount.amount;
    if (account.startsWith('order:') && amount.amount !== 0)
      faults.push(`I15 the passage of ${account} holds ${amount.amount}`);
    if (account.startsWith('vendor:') && amount.amount !== 0)
      faults.push(`I15 ${account} is left with ${amount.amount}`);
    if (account === 'payment-service' && amount.amount !== model.balance())
      faults.push(`I15 the journal says ${amount.amount} lie there, the payment service ${model.balance()}`);
  }
  if (sum !== 0) faults.push(`I15 the journal is off by ${sum}`);
  return faults;
}

async function leftOvers({ record, model }: House, orders: readonly Order[]): Promise<string[]> {
  const faults: string[] = [];
  for (const kind of ['refund', 'transfer', 'reversal'] as const)
    for (const { moveId } of await record.payments.dueMoves(kind, everAfter, 1000))
      faults.push(`I17 ${moveId} is planned for ever`);
  for (const eventId of await record.inbox.waiting(everAfter, 1000))
    faults.push(`I17 event ${eventId} is never handled`);
  for (const orderId of record.orderIds)
    await record.relaying.run(
      async ({ type }) => void faults.push(`I17 ${type} of ${orderId} is never delivered`),
      () => record.orders.relay(orderId),
    );
  for (const { orderId, history, refunds } of orders) {
    const isSale = history.some(({ state }) => state === 'paid');
    const told = record.timeline.filter(({ id }) => id === `order-paid:${orderId}`).length;
    if (told !== (isSale ? 1 : 0)) faults.push(`I17 the timeline tells ${told} times of ${orderId}`);
    const sent = model.transfers.filter(({ group }) => group === orderId);
    if (!isSale && sent.length > 0) faults.push(`RULE-3 ${orderId} was no sale and money went to its vendor`);
    if (sent.some((one) => sentOf(one) < 0))
      faults.push(`I18 more came back from the vendor of ${orderId} than went`);
    for (const { refundId, state } of refunds)
      if (state === 'asked') faults.push(`I17 refund ${refundId} of ${orderId} is asked for ever`);
  }
  return faults;
}
