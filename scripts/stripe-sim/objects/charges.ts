import type { Stripe } from 'stripe';
import type { Behaviour } from '../cards.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { mergeMetadata, metadata, paging, text } from '../params.ts';
import { find, type World } from '../world.ts';
import { moveMoney } from './balance.ts';

/** What the payment service keeps of a charge: 2.9 % and 30 minor units. */
const feeOf = (amount: number): number => Math.round(amount * 0.029) + 30;

type Attempt = {
  intent: Stripe.PaymentIntent;
  method: Stripe.PaymentMethod;
  captured: boolean;
  authenticated: boolean;
  decline: Extract<Behaviour, { does: 'declines' }> | undefined;
};

const cardDetails = (attempt: Attempt, amount: number): Stripe.Charge.PaymentMethodDetails.Card => {
  const card = attempt.method.card;
  if (card === undefined) throw new Error('a charge without a card');
  return {
    amount_authorized: attempt.decline === undefined ? amount : null,
    authorization_code: null,
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: card.country,
    electronic_commerce_indicator: null,
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    extended_authorization: { status: 'disabled' },
    fingerprint: card.fingerprint ?? null,
    funding: card.funding,
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    last4: card.last4,
    mandate: null,
    multicapture: { status: 'unavailable' },
    network: card.brand,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: amount, status: 'unavailable' },
    regulated_status: 'unregulated',
    three_d_secure: attempt.authenticated
      ? {
          authentication_flow: 'challenge',
          electronic_commerce_indicator: '05',
          exemption_indicator: null,
          result: 'authenticated',
          result_reason: null,
          transaction_id: null,
          version: '2.2.0',
        }
      : null,
    transaction_link_id: null,
    wallet: null,
  };
};

const outcomeOf = (decline: Attempt['decline']): Stripe.Charge.Outcome =>
  decline === undefined
    ? {
        advice_code: null,
        network_advice_code: null,
        network_decline_code: null,
        network_status: 'approved_by_network',
        reason: null,
        seller_message: 'Payment complete.',
        type: 'authorized',
      }
    : {
        advice_code: 'try_again_later',
        network_advice_code: null,
        network_decline_code: null,
        network_status: 'declined_by_network',
        reason: decline.declineCode ?? decline.code,
        seller_message: 'The bank returned a decline code.',
        type: 'issuer_declined',
      };

const bookCapture = (world: World, charge: Stripe.Charge, amount: number): Stripe.BalanceTransaction =>
  moveMoney(world, {
    account: null,
    type: 'charge',
    category: 'charge',
    amount,
    fee: feeOf(amount),
    currency: charge.currency,
    source: charge.id,
    description: charge.description,
  });

/** Asks the bank once: makes the charge, and its balance transaction where it is captured. */
export const createCharge = (world: World, attempt: Attempt): Stripe.Charge => {
  const { intent, method, decline } = attempt;
  const paid = decline === undefined;
  const captured = paid && attempt.captured;
  const charge: Stripe.Charge = {
    id: world.newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: paid ? 'DROPCAST TEST' : null,
    captured,
    created: world.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { type: 'card', card: cardDetails(attempt, intent.amount) },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: intent.transfer_group,
  };
  const booked = captured
    ? { ...charge, balance_transaction: bookCapture(world, charge, charge.amount).id }
    : charge;
  return world.state.charges.put(booked);
};

/** Captures what was only authorised. The rest of the authorisation goes back as a refund. */
export const captureCharge = (world: World, charge: Stripe.Charge, amount: number): Stripe.Charge =>
  world.state.charges.put({
    ...charge,
    amount_captured: amount,
    amount_refunded: charge.amount - amount,
    balance_transaction: bookCapture(world, charge, amount).id,
    captured: true,
  });

/** The charge by its id, or Stripe's 404 or 400. */
export const getCharge = (world: World, id: string, param?: string): Stripe.Charge =>
  find(world.state.charges.get(id), 'charge', id, param);

export const chargeEndpoints = [
  endpoint(
    'secret',
    'GET',
    '/v1/charges',
    {
      ...paging,
      customer: text.optional(),
      payment_intent: text.optional(),
      transfer_group: text.optional(),
    },
    (world, params) =>
      page(
        '/v1/charges',
        world.state.charges
          .all()
          .filter(
            (charge) =>
              (params.customer === undefined || charge.customer === params.customer) &&
              (params.payment_intent === undefined || charge.payment_intent === params.payment_intent) &&
              (params.transfer_group === undefined || charge.transfer_group === params.transfer_group),
          ),
        params,
      ),
  ),
  endpoint('secret', 'GET', '/v1/charges/:id', {}, (world, _, call) => getCharge(world, part(call, 'id'))),
  endpoint(
    'secret',
    'POST',
    '/v1/charges/:id',
    {
      description: text.optional(),
      metadata: metadata.optional(),
      transfer_group: text.optional(),
      receipt_email: text.optional(),
    },
    (world, params, call) => {
      const old = getCharge(world, part(call, 'id'));
      const updated = world.state.charges.put({
        ...old,
        description: params.description ?? old.description,
        metadata: mergeMetadata(old.metadata, params.metadata),
        transfer_group: params.transfer_group ?? old.transfer_group,
        receipt_email: params.receipt_email ?? old.receipt_email,
      });
      world.emit('charge.updated', updated, { changed: {} });
      return updated;
    },
  ),
];
