import type { Stripe } from 'stripe';
import { z } from 'zod';
import { ApiError, invalid, refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { flag, mergeMetadata, metadata, paging, text } from '../params.ts';
import { find, type World } from '../world.ts';
import { checkToken, spendToken } from './confirmation-tokens.ts';
import { keepForCustomer, methodFor } from './payment-methods.ts';

const changeable = {
  customer: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  payment_method: text.optional(),
};
const confirming = {
  confirmation_token: text.optional(),
  mandate_data: z.unknown().optional(),
  payment_method: text.optional(),
  return_url: text.optional(),
  use_stripe_sdk: flag.optional(),
};
type Confirming = z.infer<z.ZodObject<typeof confirming>>;

const confirmable = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

const get = (world: World, id: string): Stripe.SetupIntent =>
  find(world.state.setupIntents.get(id), 'setupintent', id);

const save = (world: World, intent: Stripe.SetupIntent, type?: string): Stripe.SetupIntent => {
  const saved = world.state.setupIntents.put(intent);
  if (type !== undefined) world.emit(`setup_intent.${type}`, saved);
  return saved;
};

const unexpected = (intent: Stripe.SetupIntent, verb: string): ApiError =>
  refused(
    `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`,
    'setup_intent_unexpected_state',
    { setup_intent: intent },
  );

const fail = (
  world: World,
  intent: Stripe.SetupIntent,
  why: { code: string; message: string; declineCode?: string | undefined },
): ApiError => {
  const shared = {
    code: why.code,
    ...(why.declineCode === undefined ? {} : { decline_code: why.declineCode }),
    message: why.message,
    type: 'card_error' as const,
  };
  const failed = save(
    world,
    {
      ...intent,
      last_setup_error: shared,
      next_action: null,
      payment_method: null,
      status: 'requires_payment_method',
    },
    'setup_failed',
  );
  return new ApiError(402, { ...shared, setup_intent: failed }, true);
};

const succeed = (world: World, intent: Stripe.SetupIntent, method: string): Stripe.SetupIntent => {
  if (typeof intent.customer === 'string') keepForCustomer(world, method, intent.customer);
  return save(
    world,
    { ...intent, last_setup_error: null, next_action: null, payment_method: method, status: 'succeeded' },
    'succeeded',
  );
};

const confirm = (world: World, intent: Stripe.SetupIntent, params: Confirming): Stripe.SetupIntent => {
  if (!confirmable.includes(intent.status)) throw unexpected(intent, 'confirm');
  if (params.confirmation_token !== undefined && params.payment_method !== undefined)
    throw invalid('You may only specify one of these parameters: confirmation_token, payment_method.');
  if (params.confirmation_token !== undefined) checkToken(world, params.confirmation_token);
  const held = typeof intent.payment_method === 'string' ? intent.payment_method : undefined;
  const wanted = params.payment_method ?? held;
  if (params.confirmation_token === undefined && wanted === undefined)
    throw refused(
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      'setup_intent_unexpected_state',
      { setup_intent: intent },
    );
  const { id } =
    params.confirmation_token === undefined
      ? methodFor(world, wanted ?? '', 'payment_method')
      : spendToken(world, params.confirmation_token, { setup_intent: intent.id }).method;
  const behaviour = world.state.cards.get(id)?.card.behaviour;
  if (behaviour?.does === 'declines') throw fail(world, intent, behaviour);
  if (behaviour?.does !== 'asks') return succeed(world, intent, id);
  return save(
    world,
    {
      ...intent,
      next_action: {
        type: 'use_stripe_sdk',
        use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: '', source: world.newId('setatt') },
      },
      payment_method: id,
      status: 'requires_action',
    },
    'requires_action',
  );
};

/** The holder passed or failed 3-D Secure for a card to be kept. */
export const authenticateSetup = (world: World, id: string, passed: boolean): void => {
  const intent = get(world, id);
  if (intent.status !== 'requires_action' || typeof intent.payment_method !== 'string') return;
  if (passed) succeed(world, intent, intent.payment_method);
  else
    fail(world, intent, {
      code: 'setup_intent_authentication_failure',
      message: 'The latest attempt to set up the payment method has failed because authentication failed.',
    });
};

const apply = (
  world: World,
  old: Stripe.SetupIntent,
  params: z.infer<z.ZodObject<typeof changeable>>,
): Stripe.SetupIntent => {
  if (params.customer !== undefined)
    find(world.state.customers.get(params.customer), 'customer', params.customer, 'customer');
  const method =
    params.payment_method === undefined
      ? old.payment_method
      : methodFor(world, params.payment_method, 'payment_method').id;
  return {
    ...old,
    customer: params.customer ?? old.customer,
    description: params.description ?? old.description,
    metadata: mergeMetadata(old.metadata ?? {}, params.metadata),
    payment_method: method,
    status:
      method !== null && old.status === 'requires_payment_method' ? 'requires_confirmation' : old.status,
  };
};

export const setupIntentEndpoints = [
  endpoint(
    'secret',
    'POST',
    '/v1/setup_intents',
    {
      ...changeable,
      ...confirming,
      allowed_payment_method_types: z.array(z.enum(['card', 'link'])).optional(),
      automatic_payment_methods: z
        .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
        .optional(),
      confirm: flag.optional(),
      usage: z.enum(['on_session', 'off_session']).optional(),
    },
    (world, params) => {
      if (params.confirm !== true && params.confirmation_token !== undefined)
        throw invalid(
          'The parameter `confirmation_token` cannot be passed when creating a SetupIntent unless `confirm` is set to true.',
          'confirmation_token',
        );
      const id = world.newId('seti');
      const { automatic_payment_methods: automatic, allowed_payment_method_types: allowed } = params;
      const isAutomatic = automatic?.enabled ?? allowed === undefined;
      const blank: Stripe.SetupIntent = {
        id,
        object: 'setup_intent',
        allowed_payment_method_types: allowed ?? null,
        application: null,
        automatic_payment_methods: isAutomatic
          ? { enabled: true, allow_redirects: automatic?.allow_redirects ?? 'always' }
          : null,
        cancellation_reason: null,
        client_secret: `${id}_secret_${world.newId('x', 25).slice(2)}`,
        created: world.now(),
        customer: null,
        customer_account: null,
        description: null,
        excluded_payment_method_types: null,
        flow_directions: null,
        last_setup_error: null,
        latest_attempt: null,
        livemode: false,
        mandate: null,
        metadata: {},
        next_action: null,
        on_behalf_of: null,
        payment_method: null,
        payment_method_configuration_details: null,
        payment_method_options: {
          card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' },
        },
        payment_method_types: allowed ?? ['card'],
        single_use_mandate: null,
        status: 'requires_payment_method',
        usage: params.usage ?? 'off_session',
      };
      const created = save(world, apply(world, blank, params), 'created');
      return params.confirm === true ? confirm(world, created, params) : created;
    },
  ),
  endpoint(
    'secret',
    'GET',
    '/v1/setup_intents',
    { ...paging, customer: text.optional(), payment_method: text.optional() },
    (world, params) =>
      page(
        '/v1/setup_intents',
        world.state.setupIntents
          .all()
          .filter(
            (intent) =>
              (params.customer === undefined || intent.customer === params.customer) &&
              (params.payment_method === undefined || intent.payment_method === params.payment_method),
          ),
        params,
      ),
  ),
  endpoint('secret', 'GET', '/v1/setup_intents/:id', { client_secret: text.optional() }, (world, _, call) =>
    get(world, part(call, 'id')),
  ),
  endpoint('secret', 'POST', '/v1/setup_intents/:id', changeable, (world, params, call) =>
    save(world, apply(world, get(world, part(call, 'id')), params)),
  ),
  endpoint('secret', 'POST', '/v1/setup_intents/:id/confirm', confirming, (world, params, call) =>
    confirm(world, get(world, part(call, 'id')), params),
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/setup_intents/:id/cancel',
    { cancellation_reason: z.enum(['abandoned', 'duplicate', 'requested_by_customer']).optional() },
    (world, params, call) => {
      const old = get(world, part(call, 'id'));
      if (!confirmable.includes(old.status)) throw unexpected(old, 'cancel');
      return save(
        world,
        {
          ...old,
          cancellation_reason: params.cancellation_reason ?? null,
          next_action: null,
          status: 'canceled',
        },
        'canceled',
      );
    },
  ),
];
