import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Card } from './cards.ts';
import type { Collection, Store } from './store.ts';

/** A webhook event as Stripe posts it. */
export type EventEnvelope = {
  id: string;
  object: 'event';
  account?: string;
  api_version: string | null;
  created: number;
  data: { object: unknown; previous_attributes?: Record<string, unknown> };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null } | null;
  type: string;
};

/** One try to hand an event over: the HTTP status, or 0 where nobody answered. */
type Delivery = { at: number; status: number };
/** An event with its history. `waiting` until an endpoint answered 2xx, or a fault lost it. */
export type EventRecord = { id: string; event: EventEnvelope; deliveries: Delivery[]; waiting: boolean };

/** The card behind a payment method or a token, by its id. */
export type CardRecord = { id: string; card: Card };
/** Something that will happen by itself at `at` (ms). */
export type Due = { id: string; at: number; act: 'settle' | 'dispute' | 'fail-refund'; of: string };
/** The answer first given under an idempotency key. */
export type KeptAnswer = {
  id: string;
  request: string;
  status: number;
  body: string;
  requestId: string;
  at: number;
};
/** An onboarding link: good once, until `expiresAt` (s). */
export type LinkRecord = {
  id: string;
  account: string;
  expiresAt: number;
  used: boolean;
  returnUrl: string;
  refreshUrl: string;
};
/** A balance transaction with the account whose balance it moves; null is the platform. */
export type BalanceRecord = { id: string; account: string | null; transaction: Stripe.BalanceTransaction };

/** Everything the simulator remembers. */
export type State = {
  customers: Collection<Stripe.Customer>;
  paymentMethods: Collection<Stripe.PaymentMethod>;
  confirmationTokens: Collection<Stripe.ConfirmationToken>;
  paymentIntents: Collection<Stripe.PaymentIntent>;
  setupIntents: Collection<Stripe.SetupIntent>;
  charges: Collection<Stripe.Charge>;
  refunds: Collection<Stripe.Refund>;
  accounts: Collection<Stripe.Account>;
  transfers: Collection<Stripe.Transfer>;
  reversals: Collection<Stripe.TransferReversal>;
  disputes: Collection<Stripe.Dispute>;
  balances: Collection<BalanceRecord>;
  events: Collection<EventRecord>;
  links: Collection<LinkRecord>;
  cards: Collection<CardRecord>;
  dues: Collection<Due>;
  answers: Collection<KeptAnswer>;
};

const Tagged = z.looseObject({ id: z.string(), object: z.string() });
const Named = z.looseObject({ id: z.string() });

const object = <T extends { object: string }>(name: T['object']): z.ZodType<T> =>
  z.custom<T>((value) => Tagged.safeParse(value).data?.object === name, `not a ${name}`);
const ours = <T>(): z.ZodType<T> => z.custom<T>((value) => Named.safeParse(value).success);

/** Names every collection in the store. */
export const openState = (store: Store): State => ({
  customers: store.collection('customer', object<Stripe.Customer>('customer')),
  paymentMethods: store.collection('payment_method', object<Stripe.PaymentMethod>('payment_method')),
  confirmationTokens: store.collection(
    'confirmation_token',
    object<Stripe.ConfirmationToken>('confirmation_token'),
  ),
  paymentIntents: store.collection('payment_intent', object<Stripe.PaymentIntent>('payment_intent')),
  setupIntents: store.collection('setup_intent', object<Stripe.SetupIntent>('setup_intent')),
  charges: store.collection('charge', object<Stripe.Charge>('charge')),
  refunds: store.collection('refund', object<Stripe.Refund>('refund')),
  accounts: store.collection('account', object<Stripe.Account>('account')),
  transfers: store.collection('transfer', object<Stripe.Transfer>('transfer')),
  reversals: store.collection('transfer_reversal', object<Stripe.TransferReversal>('transfer_reversal')),
  disputes: store.collection('dispute', object<Stripe.Dispute>('dispute')),
  balances: store.collection('balance', ours<BalanceRecord>()),
  events: store.collection('event', ours<EventRecord>()),
  links: store.collection('link', ours<LinkRecord>()),
  cards: store.collection('card', ours<CardRecord>()),
  dues: store.collection('due', ours<Due>()),
  answers: store.collection('answer', ours<KeptAnswer>()),
});
