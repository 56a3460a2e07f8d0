import type { Stripe } from 'stripe';
import { ApiError, type ErrorBody } from '../api-error.ts';
import type { Behaviour } from '../cards.ts';
import type { World } from '../world.ts';
import { createCharge } from './charges.ts';
import { keepForCustomer } from './payment-methods.ts';

type Decline = Extract<Behaviour, { does: 'declines' }>;

const declineAfterAsking: Decline = {
  does: 'declines',
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
};
const neededAuthentication: Decline = {
  does: 'declines',
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

const docUrl = (code: string) => `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;

/** Writes an intent and tells the world under the given event types. */
export const saveIntent = (
  world: World,
  intent: Stripe.PaymentIntent,
  ...types: string[]
): Stripe.PaymentIntent => {
  const saved = world.state.paymentIntents.put(intent);
  for (const type of types) world.emit(`payment_intent.${type}`, saved);
  return saved;
};

const idOf = (held: string | { id: string } | null): string | null =>
  typeof held === 'string' || held === null ? held : held.id;

const fail = (
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
  authenticated: boolean,
): ApiError => {
  const charge = createCharge(world, { intent, method, decline, authenticated, captured: false });
  world.emit('charge.failed', charge);
  const shared = {
    charge: charge.id,
    code: decline.code,
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
    doc_url: docUrl(decline.code),
    message: decline.message,
    payment_method: method,
    type: 'card_error' as const,
  };
  const failed = saveIntent(
    world,
    {
      ...intent,
      last_payment_error: shared,
      latest_charge: charge.id,
      next_action: null,
      payment_method: null,
      processing: null,
      status: 'requires_payment_method',
    },
    'payment_failed',
  );
  return new ApiError(402, { ...shared, payment_intent: failed }, true);
};

const succeed = (
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  authenticated: boolean,
  disputes: boolean,
): Stripe.PaymentIntent => {
  const captured = intent.capture_method !== 'manual';
  const charge = createCharge(world, { intent, method, captured, authenticated, decline: undefined });
  world.emit('charge.succeeded', charge);
  const customer = idOf(intent.customer);
  if (intent.setup_future_usage !== null && customer !== null) keepForCustomer(world, method.id, customer);
  if (disputes) world.later('dispute', charge.id, world.delays.disputeMs);
  const common = {
    ...intent,
    last_payment_error: null,
    latest_charge: charge.id,
    next_action: null,
    processing: null,
  };
  return captured
    ? saveIntent(world, { ...common, amount_received: intent.amount, status: 'succeeded' }, 'succeeded')
    : saveIntent(
        world,
        { ...common, amount_capturable: intent.amount, status: 'requires_capture' },
        'amount_capturable_updated',
      );
};

/** How this confirmation wants a demanded authentication to be shown. */
export type Asking = {
  offSession: boolean;
  refuseAction: boolean;
  useSdk: boolean;
  returnUrl: string | undefined;
};

const methodOf = (world: World, intent: Stripe.PaymentIntent): Stripe.PaymentMethod => {
  const method = world.state.paymentMethods.get(idOf(intent.payment_method) ?? '');
  if (method === undefined) throw new Error(`${intent.id} has no payment method`);
  return method;
};

/** The page on which a payer passes or fails 3-D Secure, for an intent that redirects. */
const authenticationUrl = (world: World, intent: Stripe.PaymentIntent, returnUrl: string): string => {
  const origin = URL.canParse(returnUrl) ? new URL(returnUrl).origin : world.origin;
  const page = new URL('/stripe-sim/v3/authenticate.html', origin);
  page.searchParams.set('payment_intent', intent.id);
  page.searchParams.set('payment_intent_client_secret', intent.client_secret ?? '');
  return page.href;
};

const ask = (world: World, intent: Stripe.PaymentIntent, asking: Asking): Stripe.PaymentIntent => {
  const nextAction: Stripe.PaymentIntent.NextAction =
    asking.useSdk || asking.returnUrl === undefined
      ? {
          type: 'use_stripe_sdk',
          use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: '', source: world.newId('payatt') },
        }
      : {
          type: 'redirect_to_url',
          redirect_to_url: {
            return_url: asking.returnUrl,
            url: authenticationUrl(world, intent, asking.returnUrl),
          },
        };
  return saveIntent(
    world,
    { ...intent, next_action: nextAction, status: 'requires_action' },
    'requires_action',
  );
};

/**
 * Asks the bank of the intent's payment method. Answers the intent succeeded, waiting for capture or for the
 * payer, or processing; throws Stripe's card error when the card is refused.
 */
export const attempt = (world: World, intent: Stripe.PaymentIntent, asking: Asking): Stripe.PaymentIntent => {
  const method = methodOf(world, intent);
  const behaviour = world.state.cards.get(method.id)?.card.behaviour ?? { does: 'pays' as const };
  switch (behaviour.does) {
    case 'declines':
      throw fail(world, intent, method, behaviour, false);
    case 'asks':
      if (asking.offSession || asking.refuseAction)
        throw fail(world, intent, method, neededAuthentication, false);
      return ask(world, intent, asking);
    case 'pays-late':
      world.later('settle', intent.id, world.delays.lateMs);
      return saveIntent(
        world,
        {
          ...intent,
          last_payment_error: null,
          processing: { type: 'card', card: {} },
          status: 'processing',
        },
        'processing',
      );
    case 'pays':
    case 'pays-refund-fails':
    case 'pays-then-disputes':
      return succeed(world, intent, method, false, behaviour.does === 'pays-then-disputes');
  }
};

/** Completes a payment that was processing. */
export const settle = (world: World, id: string): void => {
  const intent = world.state.paymentIntents.get(id);
  if (intent?.status === 'processing') succeed(world, intent, methodOf(world, intent), false, false);
};

/** The payer passed or failed 3-D Secure. A failure is no charge: the intent waits for another method. */
export const authenticate = (
  world: World,
  intent: Stripe.PaymentIntent,
  passed: boolean,
): Stripe.PaymentIntent => {
  const method = methodOf(world, intent);
  const behaviour = world.state.cards.get(method.id)?.card.behaviour;
  if (!passed) {
    const error: ErrorBody & { code: 'payment_intent_authentication_failure' } = {
      code: 'payment_intent_authentication_failure',
      doc_url: docUrl('payment_intent_authentication_failure'),
      message:
        'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
      payment_method: method,
      type: 'invalid_request_error',
    };
    const { payment_intent: _, setup_intent: __, ...kept } = error;
    return saveIntent(
      world,
      {
        ...intent,
        last_payment_error: kept,
        next_action: null,
        payment_method: null,
        status: 'requires_payment_method',
      },
      'payment_failed',
    );
  }
  if (behaviour?.does === 'asks' && behaviour.andThen === 'declines') {
    fail(world, intent, method, declineAfterAsking, true);
    return world.state.paymentIntents.get(intent.id) ?? intent;
  }
  return succeed(world, intent, method, true, false);
};
