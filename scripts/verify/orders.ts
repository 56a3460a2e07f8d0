import { type Difference, unlessEqual } from './difference.ts';

type Amount = { amount: number; currency: string };
type Share = {
  amount: Amount;
  fee: Amount;
  ofCharge: Amount;
  ofPlatform: Amount;
  discounts: readonly { funder: string; amount: Amount }[];
};

/** An order as it is stored, as far as money goes; instants in milliseconds. */
export type StoredOrder = {
  orderId: string;
  state: string;
  vendorId: string;
  channelId?: string | undefined;
  total: Amount;
  fee: Amount;
  discounts: readonly { funder: string; amount: Amount }[];
  /** The payment that made it a sale. */
  paid?: { chargeId: string } | undefined;
  refunds: readonly {
    refundId: string;
    serviceRefundId?: string | undefined;
    state: string;
    amount: Amount;
    share: Share;
  }[];
  changedAt: number;
};

/** An entry of the journal that touches the order's passage. */
export type PassageEntry = {
  causeId: string;
  legs: readonly { account: string; amount: Amount }[];
};

const isSold = (state: string): boolean => ['paid', 'fulfilled', 'refunded'].includes(state);

/** What an account's legs of an entry come to, in minor units. */
const legOf = ({ legs }: PassageEntry, account: string): number =>
  legs.filter((leg) => leg.account === account).reduce((sum, { amount }) => sum + amount.amount, 0);

/**
 * An order against the journal: what was paid, how the sale and each refund were shared out, that the passage is
 * empty, and that its state fits its money. `isYoung` orders may lack entries that are still to be written.
 */
export function orderDifferences(
  order: StoredOrder,
  entries: readonly PassageEntry[],
  { isYoung }: { isYoung: boolean },
): Difference[] {
  const { orderId, state, total, paid, refunds } = order;
  const passage = `order:${orderId}`;
  const byCause = new Map(entries.map((entry) => [entry.causeId, entry]));
  const inPassage = (prefix: string) =>
    entries
      .filter(({ causeId }) => causeId.startsWith(prefix))
      .reduce((sum, entry) => sum + legOf(entry, passage), 0);
  const came = -inPassage('charge:');
  const back = inPassage('refund:') + inPassage('refund-failed:');
  const sale = byCause.get(`sale:${orderId}`);
  const found: Difference[] = [];

  if (paid) {
    const charge = byCause.get(`charge:${paid.chargeId}`);
    const taken = charge ? -legOf(charge, passage) : 'no charge';
    found.push(...unlessEqual(`${orderId}: paid total`, total.amount, taken));
    if (sale) found.push(...saleDifferences(order, sale));
    else if (!isYoung) found.push({ where: `${orderId}: sale`, stored: state, recomputed: 'no sale entry' });
  } else if (sale) found.push({ where: `${orderId}: sale`, stored: 'not paid', recomputed: 'a sale entry' });

  for (const refund of refunds) found.push(...refundDifferences(order, refund, byCause, isYoung));
  if (paid && !isYoung) found.push(...strayRefunds(order, entries));
  if (back > came)
    found.push({ where: `${orderId}: refunds`, stored: `${back} back`, recomputed: `${came} came` });

  if (!isYoung) {
    const left = entries.reduce((sum, entry) => sum + legOf(entry, passage), 0);
    found.push(...unlessEqual(`${orderId}: passage`, left, 0));
    const isHere = state === 'paid' || state === 'fulfilled';
    if (isHere && total.amount > 0 && came <= back)
      found.push({ where: `${orderId}: state`, stored: state, recomputed: 'no money is here' });
    if (state === 'refunded' && came !== back)
      found.push({ where: `${orderId}: state`, stored: state, recomputed: `${came - back} is still here` });
    if (!isSold(state) && (paid !== undefined || came !== back))
      found.push({ where: `${orderId}: state`, stored: state, recomputed: `${came - back} is here` });
  }
  return found;
}

/** Refunds that the order does not list must be of payments that it turned away: paid twice, or another amount. */
function strayRefunds(
  { orderId, paid, refunds }: StoredOrder,
  entries: readonly PassageEntry[],
): Difference[] {
  const known = new Set(refunds.map(({ serviceRefundId }) => serviceRefundId));
  let stray = 0;
  for (const entry of entries) {
    const [kind, ...rest] = entry.causeId.split(':');
    const moved = legOf(entry, `order:${orderId}`);
    if (kind === 'charge' && rest.join(':') !== paid?.chargeId) stray += moved;
    if ((kind === 'refund' || kind === 'refund-failed') && !known.has(rest.join(':'))) stray += moved;
  }
  return unlessEqual(
    `${orderId}: refunds`,
    'all listed',
    stray === 0 ? 'all listed' : `${stray} of no refund`,
  );
}

/** Who funds what of a discount; a host that nobody is pays nothing. */
const othersOf = (order: StoredOrder, discounts: Share['discounts']) => {
  const of = (funder: string) =>
    discounts.filter((one) => one.funder === funder).reduce((sum, { amount }) => sum + amount.amount, 0);
  return { platform: of('platform'), host: order.channelId === undefined ? 0 : of('host') };
};

function saleDifferences(order: StoredOrder, sale: PassageEntry): Difference[] {
  const { orderId, vendorId, channelId, total, fee, discounts } = order;
  const { platform, host } = othersOf(order, discounts);
  return [
    ...unlessEqual(`${orderId}: total in its sale`, total.amount, legOf(sale, `order:${orderId}`)),
    ...unlessEqual(`${orderId}: fee`, fee.amount, -legOf(sale, 'platform:fees')),
    ...unlessEqual(`${orderId}: discount by platform`, platform, legOf(sale, 'platform:discounts')),
    ...unlessEqual(`${orderId}: discount by host`, host, legOf(sale, `host:${channelId}`)),
    ...unlessEqual(
      `${orderId}: what the vendor gets`,
      total.amount - fee.amount + platform + host,
      -legOf(sale, `vendor:${vendorId}`),
    ),
  ];
}

function refundDifferences(
  order: StoredOrder,
  refund: StoredOrder['refunds'][number],
  byCause: ReadonlyMap<string, PassageEntry>,
  isYoung: boolean,
): Difference[] {
  const { orderId, vendorId, channelId, paid } = order;
  const { refundId, serviceRefundId, state, amount, share } = refund;
  const where = `${orderId}: refund ${refundId}`;
  if (serviceRefundId === undefined)
    return state === 'done' ? [{ where, stored: 'done', recomputed: 'without a name' }] : [];
  const given = byCause.get(`refund:${serviceRefundId}`);
  if (given === undefined)
    return state === 'done'
      ? [{ where, stored: `${amount.amount} done`, recomputed: 'no refund entry' }]
      : [];
  const found = unlessEqual(where, amount.amount, legOf(given, `order:${orderId}`));
  const hasFailed = byCause.has(`refund-failed:${serviceRefundId}`);
  if (!isYoung && hasFailed !== (state === 'failed'))
    found.push({ where, stored: state, recomputed: hasFailed ? 'failed' : 'done' });
  const returned = byCause.get(`return:${serviceRefundId}`);
  if (returned === undefined) {
    // What was never a sale goes back without having been shared out.
    if (paid && !isYoung) found.push({ where, stored: state, recomputed: 'no return entry' });
    return found;
  }
  const { platform, host } = othersOf(order, share.discounts);
  return [
    ...found,
    ...unlessEqual(`${where}: shares`, share.fee.amount + share.ofCharge.amount, amount.amount),
    ...unlessEqual(`${where}: fee`, share.fee.amount, legOf(returned, 'platform:fees')),
    ...unlessEqual(`${where}: discount by platform`, platform, -legOf(returned, 'platform:discounts')),
    ...unlessEqual(`${where}: discount by host`, host, -legOf(returned, `host:${channelId}`)),
    ...unlessEqual(
      `${where}: what the vendor gives back`,
      share.ofCharge.amount + share.ofPlatform.amount,
      legOf(returned, `vendor:${vendorId}`),
    ),
  ];
}
