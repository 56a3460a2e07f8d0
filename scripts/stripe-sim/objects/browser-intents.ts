import type { Stripe } from 'stripe';
import { z } from 'zod';
import { ApiError, invalid } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { text } from '../params.ts';
import { find, type World } from '../world.ts';
import { confirm } from './confirming.ts';
import { authenticate } from './payment-flow.ts';

/** What a browser may see of an intent: enough to go on, nothing of the platform's books. */
const publicView = (intent: Stripe.PaymentIntent) => ({
  id: intent.id,
  object: intent.object,
  amount: intent.amount,
  amount_details: intent.amount_details,
  automatic_payment_methods: intent.automatic_payment_methods,
  canceled_at: intent.canceled_at,
  cancellation_reason: intent.cancellation_reason,
  capture_method: intent.capture_method,
  client_secret: intent.client_secret,
  confirmation_method: intent.confirmation_method,
  created: intent.created,
  currency: intent.currency,
  description: intent.description,
  last_payment_error: intent.last_payment_error,
  livemode: intent.livemode,
  next_action: intent.next_action,
  payment_method: intent.payment_method,
  payment_method_types: intent.payment_method_types,
  processing: intent.processing,
  receipt_email: intent.receipt_email,
  setup_future_usage: intent.setup_future_usage,
  shipping: intent.shipping,
  status: intent.status,
});

const withSecret = (world: World, id: string, secret: string): Stripe.PaymentIntent => {
  const intent = find(world.state.paymentIntents.get(id), 'payment_intent', id);
  if (intent.client_secret === secret) return intent;
  throw invalid(
    'The client_secret provided does not match any associated PaymentIntent.',
    'client_secret',
    'payment_intent_invalid_parameter',
  );
};

/** An error as the browser gets it: the intent in it shows no more than elsewhere. */
const publicError = (world: World, id: string, fault: unknown): unknown => {
  const intent = world.state.paymentIntents.get(id);
  if (!(fault instanceof ApiError) || intent === undefined) return fault;
  return new ApiError(fault.status, { ...fault.body, payment_intent: publicView(intent) }, fault.began);
};

export const browserIntentEndpoints = [
  endpoint(
    'publishable',
    'GET',
    '/stripe-sim/v1/payment_intents/:id',
    { client_secret: text },
    (world, params, call) => publicView(withSecret(world, part(call, 'id'), params.client_secret)),
  ),
  endpoint(
    'publishable',
    'POST',
    '/stripe-sim/v1/payment_intents/:id/confirm',
    {
      client_secret: text,
      confirmation_token: text,
      return_url: text.optional(),
    },
    (world, params, call) => {
      const intent = withSecret(world, part(call, 'id'), params.client_secret);
      try {
        return publicView(
          confirm(world, intent, {
            confirmation_token: params.confirmation_token,
            return_url: params.return_url,
            use_stripe_sdk: true,
          }),
        );
      } catch (fault) {
        throw publicError(world, intent.id, fault);
      }
    },
  ),
  endpoint(
    'publishable',
    'POST',
    '/stripe-sim/v1/payment_intents/:id/authenticate',
    {
      client_secret: text,
      outcome: z.enum(['complete', 'fail']),
    },
    (world, params, call) => {
      const intent = withSecret(world, part(call, 'id'), params.client_secret);
      if (intent.status !== 'requires_action') return publicView(intent);
      return publicView(authenticate(world, intent, params.outcome === 'complete'));
    },
  ),
];
