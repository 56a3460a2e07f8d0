import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { currency, flag, integer, metadata, paging, text } from '../params.ts';
import type { World } from '../world.ts';
import { captureCharge, getCharge } from './charges.ts';
import {
  apply,
  changeable,
  checkConfirm,
  confirm,
  confirmable,
  confirming,
  getIntent,
  unexpected,
} from './confirming.ts';
import { saveIntent } from './payment-flow.ts';
import { refundCharge } from './refunds.ts';

const checkAmount = (amount: number): number => {
  if (amount < 0) throw invalid('Invalid non-negative integer', 'amount', 'parameter_invalid_integer');
  if (amount < 50) throw invalid('Amount must be at least 50 minor units.', 'amount', 'amount_too_small');
  if (amount > 99_999_999)
    throw invalid('Amount must be no more than 999,999.99', 'amount', 'amount_too_large');
  return amount;
};

const cancellable = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
];

const cancel = (
  world: World,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | undefined,
): Stripe.PaymentIntent => {
  if (!cancellable.includes(intent.status)) throw unexpected(intent, 'cancel', cancellable);
  if (intent.status === 'requires_capture' && typeof intent.latest_charge === 'string')
    refundCharge(world, getCharge(world, intent.latest_charge), { metadata: {}, reason: null });
  return saveIntent(
    world,
    {
      ...intent,
      amount_capturable: 0,
      canceled_at: world.now(),
      cancellation_reason: reason ?? null,
      next_action: null,
      status: 'canceled',
    },
    'canceled',
  );
};

const capture = (
  world: World,
  intent: Stripe.PaymentIntent,
  wanted: number | undefined,
): Stripe.PaymentIntent => {
  if (intent.status !== 'requires_capture' || typeof intent.latest_charge !== 'string')
    throw unexpected(intent, 'capture', ['requires_capture']);
  const amount = wanted ?? intent.amount_capturable;
  if (amount > intent.amount_capturable)
    throw refused(
      `The amount ${amount} is greater than the amount that can be captured (${intent.amount_capturable}).`,
      'amount_too_large',
    );
  const charge = captureCharge(world, getCharge(world, intent.latest_charge), amount);
  world.emit('charge.captured', charge);
  return saveIntent(
    world,
    { ...intent, amount_capturable: 0, amount_received: amount, status: 'succeeded' },
    'succeeded',
  );
};

export const paymentIntentEndpoints = [
  endpoint(
    'secret',
    'POST',
    '/v1/payment_intents',
    {
      ...changeable,
      ...confirming,
      amount: integer,
      currency,
      automatic_payment_methods: z
        .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
        .optional(),
      confirm: flag.optional(),
      confirmation_method: z.enum(['automatic', 'manual']).optional(),
    },
    (world, params) => {
      checkAmount(params.amount);
      if (params.confirm !== true && params.confirmation_token !== undefined)
        throw invalid(
          'The parameter `confirmation_token` cannot be passed when creating a PaymentIntent unless `confirm` is set to true.',
          'confirmation_token',
        );
      const { confirm: now, automatic_payment_methods: automatic, ...rest } = params;
      const allowed = params.allowed_payment_method_types;
      if (automatic !== undefined && allowed !== undefined)
        throw invalid(
          'You may only specify one of these parameters: allowed_payment_method_types, automatic_payment_methods.',
          undefined,
          'parameters_exclusive',
        );
      const isAutomatic = automatic?.enabled ?? allowed === undefined;
      const id = world.newId('pi');
      const blank: Stripe.PaymentIntent = {
        id,
        object: 'payment_intent',
        allowed_payment_method_types: null,
        amount: params.amount,
        amount_capturable: 0,
        amount_details: { tip: {} },
        amount_received: 0,
        application: null,
        application_fee_amount: null,
        automatic_payment_methods: isAutomatic
          ? { enabled: true, allow_redirects: automatic?.allow_redirects ?? 'always' }
          : null,
        canceled_at: null,
        cancellation_reason: null,
        capture_method: params.capture_method ?? 'automatic_async',
        client_secret: `${id}_secret_${world.newId('x', 25).slice(2)}`,
        confirmation_method: params.confirmation_method ?? 'automatic',
        created: world.now(),
        currency: params.currency,
        customer: null,
        customer_account: null,
        description: null,
        excluded_payment_method_types: null,
        last_payment_error: null,
        latest_charge: null,
        livemode: false,
        managed_payments: null,
        metadata: {},
        next_action: null,
        on_behalf_of: null,
        payment_method: null,
        payment_method_configuration_details: null,
        payment_method_options: {
          card: {
            installments: null,
            mandate_options: null,
            network: null,
            request_three_d_secure: 'automatic',
          },
        },
        payment_method_types: allowed ?? ['card'],
        payment_record: null,
        processing: null,
        receipt_email: null,
        review: null,
        setup_future_usage: null,
        shipping: null,
        source: null,
        statement_descriptor: null,
        statement_descriptor_suffix: null,
        status: 'requires_payment_method',
        transfer_data: null,
        transfer_group: null,
      };
      if (now === true) checkConfirm(world, blank, params);
      const created = saveIntent(world, apply(world, blank, rest), 'created');
      return now === true ? confirm(world, created, params) : created;
    },
  ),
  endpoint(
    'secret',
    'GET',
    '/v1/payment_intents',
    { ...paging, customer: text.optional() },
    (world, params) =>
      page(
        '/v1/payment_intents',
        world.state.paymentIntents
          .all()
          .filter((intent) => params.customer === undefined || intent.customer === params.customer),
        params,
      ),
  ),
  endpoint('secret', 'GET', '/v1/payment_intents/:id', { client_secret: text.optional() }, (world, _, call) =>
    getIntent(world, part(call, 'id')),
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/payment_intents/:id',
    { ...changeable, amount: integer.optional(), currency: currency.optional() },
    (world, params, call) => {
      const old = getIntent(world, part(call, 'id'));
      if (params.amount !== undefined) checkAmount(params.amount);
      const isOpen = confirmable.includes(old.status);
      const touchesMoney =
        params.amount !== undefined || params.currency !== undefined || params.payment_method !== undefined;
      if (!isOpen && touchesMoney) throw unexpected(old, 'update', confirmable);
      return saveIntent(world, {
        ...apply(world, old, params),
        amount: params.amount ?? old.amount,
        currency: params.currency ?? old.currency,
      });
    },
  ),
  endpoint('secret', 'POST', '/v1/payment_intents/:id/confirm', confirming, (world, params, call) =>
    confirm(world, getIntent(world, part(call, 'id')), params),
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/payment_intents/:id/capture',
    { amount_to_capture: integer.optional(), metadata: metadata.optional() },
    (world, params, call) => capture(world, getIntent(world, part(call, 'id')), params.amount_to_capture),
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/payment_intents/:id/cancel',
    {
      cancellation_reason: z
        .enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'])
        .optional(),
    },
    (world, params, call) => cancel(world, getIntent(world, part(call, 'id')), params.cancellation_reason),
  ),
];
