import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, refused } from '../api-error.ts';
import { flag, fullAddress, mergeMetadata, metadata, shipping, text } from '../params.ts';
import { find, type World } from '../world.ts';
import { checkToken, spendToken } from './confirmation-tokens.ts';
import { attempt } from './payment-flow.ts';
import { methodFor } from './payment-methods.ts';

const SetupFutureUsage = z.enum(['on_session', 'off_session']);
const methodTypes = z.array(z.enum(['card', 'link'])).min(1);

/** Parameters that create, update and confirm share. */
export const changeable = {
  allowed_payment_method_types: methodTypes.optional(),
  customer: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  payment_method: text.optional(),
  receipt_email: text.optional(),
  setup_future_usage: SetupFutureUsage.optional(),
  shipping: shipping.optional(),
  statement_descriptor: text.optional(),
  statement_descriptor_suffix: text.optional(),
  transfer_group: text.optional(),
};

/** Parameters of a confirmation, which a creation with `confirm` takes too. */
export const confirming = {
  allowed_payment_method_types: methodTypes.optional(),
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
  confirmation_token: text.optional(),
  error_on_requires_action: flag.optional(),
  mandate_data: z.unknown().optional(),
  off_session: z.union([flag, z.enum(['one_off', 'recurring']).transform(() => true)]).optional(),
  payment_method: text.optional(),
  payment_method_options: z.strictObject({ card: z.record(z.string(), z.unknown()).optional() }).optional(),
  receipt_email: text.optional(),
  return_url: text.optional(),
  setup_future_usage: SetupFutureUsage.optional(),
  shipping: shipping.optional(),
  use_stripe_sdk: flag.optional(),
};
type Confirming = z.infer<z.ZodObject<typeof confirming>>;

const shippingOf = (given: z.infer<typeof shipping>): Stripe.PaymentIntent.Shipping => ({
  address: fullAddress(given.address),
  name: given.name,
  phone: given.phone ?? null,
  carrier: given.carrier ?? null,
  tracking_number: given.tracking_number ?? null,
});

/** The intent, or Stripe's 404. */
export const getIntent = (world: World, id: string, param?: string): Stripe.PaymentIntent =>
  find(world.state.paymentIntents.get(id), 'payment_intent', id, param);

/** The intent with the given parameters in it; nothing is written yet. */
export const apply = (
  world: World,
  old: Stripe.PaymentIntent,
  params: z.infer<z.ZodObject<typeof changeable>>,
): Stripe.PaymentIntent => {
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
    metadata: mergeMetadata(old.metadata, params.metadata),
    payment_method: method,
    allowed_payment_method_types: params.allowed_payment_method_types ?? old.allowed_payment_method_types,
    payment_method_types: params.allowed_payment_method_types ?? old.payment_method_types,
    receipt_email: params.receipt_email ?? old.receipt_email,
    setup_future_usage: params.setup_future_usage ?? old.setup_future_usage,
    shipping: params.shipping === undefined ? old.shipping : shippingOf(params.shipping),
    statement_descriptor: params.statement_descriptor ?? old.statement_descriptor,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? old.statement_descriptor_suffix,
    transfer_group: params.transfer_group ?? old.transfer_group,
    status:
      method !== null && old.status === 'requires_payment_method' ? 'requires_confirmation' : old.status,
  };
};

/** Stripe's refusal of a verb in the present status. */
export const unexpected = (intent: Stripe.PaymentIntent, verb: string, allowed: readonly string[]) =>
  refused(
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${verb === 'cancel' ? 'canceled' : `${verb}d`}: ${allowed.join(', ')}.`,
    'payment_intent_unexpected_state',
    { payment_intent: intent },
  );

const tokenReturnUrl = (world: World, params: Confirming): string | undefined =>
  params.return_url ??
  world.state.confirmationTokens.get(params.confirmation_token ?? '')?.return_url ??
  undefined;

/** Refuses a confirmation whose parameters cannot be right, before anything is written. */
export const checkConfirm = (world: World, intent: Stripe.PaymentIntent, params: Confirming): void => {
  if (params.confirmation_token !== undefined && params.payment_method !== undefined)
    throw invalid('You may only specify one of these parameters: confirmation_token, payment_method.');
  if (params.confirmation_token !== undefined) checkToken(world, params.confirmation_token);
  const automatic = intent.automatic_payment_methods;
  if (
    automatic?.enabled === true &&
    automatic.allow_redirects !== 'never' &&
    tokenReturnUrl(world, params) === undefined
  )
    throw invalid(
      "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
    );
};

/** The statuses in which an intent may be confirmed or changed. */
export const confirmable = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

/** Confirms an intent with a token or a method; see `attempt` for how it may end. */
export const confirm = (
  world: World,
  intent: Stripe.PaymentIntent,
  params: Confirming,
): Stripe.PaymentIntent => {
  if (!confirmable.includes(intent.status)) throw unexpected(intent, 'confirm', confirmable);
  checkConfirm(world, intent, params);
  const spent =
    params.confirmation_token === undefined
      ? undefined
      : spendToken(world, params.confirmation_token, { payment_intent: intent.id });
  const { confirmation_token, ...rest } = params;
  const patch = apply(world, intent, { ...rest, payment_method: spent?.method.id ?? params.payment_method });
  if (patch.payment_method === null)
    throw refused(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      'payment_intent_unexpected_state',
      { payment_intent: intent },
    );
  const ready = world.state.paymentIntents.put({
    ...patch,
    capture_method: params.capture_method ?? patch.capture_method,
    setup_future_usage: patch.setup_future_usage ?? spent?.token.setup_future_usage ?? null,
    shipping: patch.shipping ?? spent?.token.shipping ?? null,
  });
  return attempt(world, ready, {
    offSession: params.off_session ?? false,
    refuseAction: params.error_on_requires_action ?? false,
    useSdk: params.use_stripe_sdk ?? spent?.token.use_stripe_sdk ?? false,
    returnUrl: params.return_url ?? spent?.token.return_url ?? undefined,
  });
};
