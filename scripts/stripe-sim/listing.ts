import type { Stripe } from 'stripe';
import { z } from 'zod';
import { isOpen } from './objects/disputes.ts';
import type { EventRecord } from './state.ts';
import type { World } from './world.ts';

/** What of the simulator is looked at: one kind, with these letters anywhere in the object, newest first. */
export const Asked = z.object({
  kind: z.enum(['payments', 'refunds', 'transfers', 'disputes', 'events']),
  q: z.string().max(200).default(''),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

/** One object as a row: what it is, how it stands, and what can be done to it. */
type Row = {
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  status: string;
  /** The subject of a payment as its metadata says, an event's type, the object that another one is about. */
  about: string;
  amount: number | null;
  currency: string | null;
  charge: string | null;
  deliveries: readonly { at: number; status: number }[];
  /** What can be done now, and to which object. */
  can: readonly { act: Act; target: string }[];
};

type Act = 'replay' | 'delay' | 'double' | 'lose' | 'dispute' | 'win' | 'lose-dispute' | 'fail-refund';

const acts = (target: string, ...names: Act[]) => names.map((act) => ({ act, target }));

const idOf = (held: string | { id: string } | null): string | null =>
  typeof held === 'object' ? (held?.id ?? null) : held;

const blank = { about: '', amount: null, currency: null, charge: null, deliveries: [], can: [] };

const payment = (world: World, intent: Stripe.PaymentIntent): Row => {
  const charge = world.state.charges.get(idOf(intent.latest_charge) ?? '');
  const isDisputable =
    charge?.captured === true && !charge.disputed && charge.amount > charge.amount_refunded;
  const openDispute = world.state.disputes.all().find((one) => one.charge === charge?.id && isOpen(one));
  const { id, created, status, amount, currency, metadata } = intent;
  return {
    ...blank,
    id,
    at: created * 1000,
    status: charge?.disputed === true ? 'disputed' : status,
    about: metadata.subjectId ?? metadata.orderId ?? '',
    amount,
    currency,
    charge: charge?.id ?? null,
    can: isDisputable
      ? acts(charge.id, 'dispute')
      : openDispute
        ? acts(openDispute.id, 'win', 'lose-dispute')
        : [],
  };
};

const refund = ({ id, created, status, payment_intent, amount, currency, charge }: Stripe.Refund): Row => ({
  ...blank,
  id,
  at: created * 1000,
  status: status ?? '',
  about: idOf(payment_intent) ?? '',
  amount,
  currency,
  charge: idOf(charge),
  can: status === 'succeeded' ? acts(id, 'fail-refund') : [],
});

const transfer = (one: Stripe.Transfer): Row => ({
  ...blank,
  id: one.id,
  at: one.created * 1000,
  status: one.reversed ? 'reversed' : one.amount_reversed > 0 ? 'partly_reversed' : 'paid',
  about: one.transfer_group ?? '',
  amount: one.amount - one.amount_reversed,
  currency: one.currency,
  charge: idOf(one.source_transaction),
});

const dispute = (one: Stripe.Dispute): Row => ({
  ...blank,
  id: one.id,
  at: one.created * 1000,
  status: one.status,
  about: idOf(one.payment_intent) ?? '',
  amount: one.amount,
  currency: one.currency,
  charge: idOf(one.charge),
  can: isOpen(one) ? acts(one.id, 'win', 'lose-dispute') : [],
});

const deliveryOf = ({ waiting, deliveries }: EventRecord): string => {
  if (waiting) return 'waiting';
  return deliveries.some(({ status }) => status >= 200 && status < 300) ? 'taken' : 'lost';
};

const event = (record: EventRecord): Row => ({
  ...blank,
  id: record.id,
  at: record.event.created * 1000,
  status: deliveryOf(record),
  about: record.event.type,
  deliveries: record.deliveries,
  can: acts(record.id, 'replay', 'delay', 'double', ...(record.waiting ? (['lose'] as const) : [])),
});

/** The newest objects of a kind that contain what is searched for, anywhere in them. */
export const listing = (world: World, { kind, q, limit }: z.infer<typeof Asked>): Row[] => {
  const wanted = q.trim().toLowerCase();
  const newest = <T>(oldestFirst: readonly T[], row: (one: T) => Row): Row[] => {
    const found: Row[] = [];
    for (const one of oldestFirst.toReversed()) {
      if (wanted !== '' && !JSON.stringify(one).toLowerCase().includes(wanted)) continue;
      found.push(row(one));
      if (found.length === limit) break;
    }
    return found;
  };
  const { state } = world;
  switch (kind) {
    case 'payments':
      return newest(state.paymentIntents.all(), (one) => payment(world, one));
    case 'refunds':
      return newest(state.refunds.all(), refund);
    case 'transfers':
      return newest(state.transfers.all(), transfer);
    case 'disputes':
      return newest(state.disputes.all(), dispute);
    case 'events':
      return newest(state.events.all(), event);
  }
};
