import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { billingDetails, flag, fullAddress, shipping, text } from '../params.ts';
import { find, type World } from '../world.ts';
import {
  type CardMethod,
  cardMethodData,
  createMethod,
  namedCardMethod,
  readCardMethod,
} from './payment-methods.ts';

const hours12 = 12 * 60 * 60;
const SetupFutureUsage = z.enum(['on_session', 'off_session']);

type Wanted = {
  return_url?: string | undefined;
  setup_future_usage?: 'on_session' | 'off_session' | undefined;
  shipping?: z.infer<typeof shipping> | undefined;
  use_stripe_sdk?: boolean | undefined;
};

const create = (world: World, method: CardMethod, wanted: Wanted): Stripe.ConfirmationToken => {
  const id = world.newId('ctoken');
  world.state.cards.put({ id, card: method.card });
  return world.state.confirmationTokens.put({
    id,
    object: 'confirmation_token',
    created: world.now(),
    expires_at: world.now() + hours12,
    livemode: false,
    mandate_data: null,
    metadata: null,
    payment_intent: null,
    payment_method_options: { card: { cvc_token: null } },
    payment_method_preview: {
      allow_redisplay: method.allowRedisplay,
      billing_details: method.billing,
      card: method.shown,
      customer: null,
      customer_account: null,
      type: 'card',
    },
    return_url: wanted.return_url ?? null,
    setup_future_usage: wanted.setup_future_usage ?? null,
    setup_intent: null,
    shipping:
      wanted.shipping === undefined
        ? null
        : {
            address: fullAddress(wanted.shipping.address),
            name: wanted.shipping.name,
            phone: wanted.shipping.phone ?? null,
          },
    use_stripe_sdk: wanted.use_stripe_sdk ?? true,
  });
};

/** The token, if it can still be spent: it is good once, for 12 hours. */
export const checkToken = (world: World, id: string): Stripe.ConfirmationToken => {
  const token = find(world.state.confirmationTokens.get(id), 'confirmation_token', id, 'confirmation_token');
  if (token.payment_intent !== null || token.setup_intent !== null)
    throw invalid(
      `The provided confirmation_token (${id}) has already been used to confirm a PaymentIntent or SetupIntent.`,
      'confirmation_token',
    );
  if (token.expires_at !== null && token.expires_at <= world.now())
    throw invalid(`The provided confirmation_token (${id}) has expired.`, 'confirmation_token');
  return token;
};

/** Spends a token on an intent: the card of its preview becomes a payment method. */
export const spendToken = (
  world: World,
  id: string,
  on: { payment_intent: string } | { setup_intent: string },
): { token: Stripe.ConfirmationToken; method: Stripe.PaymentMethod } => {
  const token = checkToken(world, id);
  const card = world.state.cards.get(id)?.card;
  const preview = token.payment_method_preview;
  if (card === undefined || preview?.card === undefined) throw new Error('a token without a card');
  const { display_brand, wallet, ...shown } = preview.card;
  const method = createMethod(
    world,
    {
      card,
      shown: { ...shown, display_brand, wallet: null },
      billing: preview.billing_details,
      allowRedisplay: preview.allow_redisplay ?? 'unspecified',
    },
    null,
  );
  return { token: world.state.confirmationTokens.put({ ...token, ...on }), method };
};

const common = {
  return_url: text.optional(),
  setup_future_usage: SetupFutureUsage.optional(),
  shipping: shipping.optional(),
};

export const confirmationTokenEndpoints = [
  endpoint('secret', 'GET', '/v1/confirmation_tokens/:id', {}, (world, _, call) =>
    find(world.state.confirmationTokens.get(part(call, 'id')), 'confirmation_token', part(call, 'id')),
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/test_helpers/confirmation_tokens',
    {
      ...common,
      payment_method: text.optional(),
      payment_method_data: z
        .union([
          cardMethodData,
          z.strictObject({ type: z.literal('card'), billing_details: billingDetails.optional() }),
        ])
        .optional(),
    },
    (world, params) => {
      const id = params.payment_method ?? 'pm_card_visa';
      const data = params.payment_method_data;
      const method =
        data !== undefined && 'card' in data
          ? readCardMethod(world, data, 'payment_method_data')
          : namedCardMethod(id);
      return create(world, find(method, 'PaymentMethod', id, 'payment_method'), params);
    },
  ),
  endpoint(
    'publishable',
    'POST',
    '/stripe-sim/v1/confirmation_tokens',
    {
      ...common,
      payment_method_data: cardMethodData,
      use_stripe_sdk: flag.optional(),
    },
    (world, params) =>
      create(world, readCardMethod(world, params.payment_method_data, 'payment_method_data'), params),
  ),
];
