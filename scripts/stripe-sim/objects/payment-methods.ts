import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, refused } from '../api-error.ts';
import { type Card, namedMethods, passesLuhn, readCard } from '../cards.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { billingDetails, fullAddress, integer, mergeMetadata, metadata, paging, text } from '../params.ts';
import { find, type World } from '../world.ts';

const AllowRedisplay = z.enum(['always', 'limited', 'unspecified']);

/** A card as the payment form sends it. */
export const cardMethodData = z.strictObject({
  type: z.literal('card'),
  allow_redisplay: AllowRedisplay.optional(),
  billing_details: billingDetails.optional(),
  metadata: metadata.optional(),
  card: z.strictObject({
    number: z.string().transform((number) => number.replace(/\s/g, '')),
    exp_month: integer,
    exp_year: integer,
    cvc: text.optional(),
  }),
});

/** A card that was read: what is shown of it, and how it behaves. The number is gone. */
export type CardMethod = {
  card: Card;
  shown: Stripe.PaymentMethod.Card;
  billing: Stripe.PaymentMethod.BillingDetails;
  allowRedisplay: Stripe.PaymentMethod.AllowRedisplay;
};

const billingOf = (
  given: z.infer<typeof billingDetails> | undefined,
): Stripe.PaymentMethod.BillingDetails => ({
  address: fullAddress(given?.address),
  email: given?.email ?? null,
  name: given?.name ?? null,
  phone: given?.phone ?? null,
  tax_id: given?.tax_id ?? null,
});

const shownCard = (card: Card, expMonth: number, expYear: number): Stripe.PaymentMethod.Card => ({
  brand: card.brand,
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'unchecked' },
  country: card.country,
  display_brand: card.brand,
  exp_month: expMonth,
  exp_year: expYear,
  fingerprint: card.fingerprint,
  funding: card.funding,
  generated_from: null,
  last4: card.last4,
  networks: { available: [card.brand], preferred: null },
  regulated_status: 'unregulated',
  three_d_secure_usage: { supported: true },
  wallet: null,
});

/** Reads and checks the card of a form, as Stripe does before any bank is asked. */
export const readCardMethod = (
  world: World,
  data: z.infer<typeof cardMethodData>,
  at: string,
): CardMethod => {
  const { number, exp_month: month, exp_year: given, cvc } = data.card;
  const year = given < 100 ? 2000 + given : given;
  const today = new Date(world.nowMs());
  const fault = (message: string, field: string, code: string) =>
    invalid(message, `${at}[card][${field}]`, code);
  if (!/^\d{12,19}$/.test(number) || !passesLuhn(number))
    throw fault('Your card number is incorrect.', 'number', 'incorrect_number');
  if (month < 1 || month > 12)
    throw fault("Your card's expiration month is invalid.", 'exp_month', 'invalid_expiry_month');
  if (year * 12 + month < today.getUTCFullYear() * 12 + today.getUTCMonth() + 1)
    throw fault("Your card's expiration year is invalid.", 'exp_year', 'invalid_expiry_year');
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc))
    throw fault("Your card's security code is invalid.", 'cvc', 'invalid_cvc');
  const card = readCard(number);
  return {
    card,
    shown: shownCard(card, month, year),
    billing: billingOf(data.billing_details),
    allowRedisplay: data.allow_redisplay ?? 'unspecified',
  };
};

/** Makes a payment method of a card that was read. */
export const createMethod = (
  world: World,
  from: CardMethod,
  customer: string | null,
): Stripe.PaymentMethod => {
  const id = world.newId('pm');
  world.state.cards.put({ id, card: from.card });
  return world.state.paymentMethods.put({
    id,
    object: 'payment_method',
    allow_redisplay: from.allowRedisplay,
    billing_details: from.billing,
    card: from.shown,
    created: world.now(),
    customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  });
};

/** The card of one of Stripe's named test methods such as `pm_card_visa`; undefined for other ids. */
export const namedCardMethod = (id: string): CardMethod | undefined => {
  const number = namedMethods[id];
  if (number === undefined) return undefined;
  const card = readCard(number);
  return {
    card,
    shown: shownCard(card, 12, 2034),
    billing: billingOf(undefined),
    allowRedisplay: 'unspecified',
  };
};

/** A payment method by id; a named test method is made on the spot, as in Stripe's test mode. */
export const methodFor = (world: World, id: string, param: string): Stripe.PaymentMethod => {
  const named = namedCardMethod(id);
  if (named !== undefined) return createMethod(world, named, null);
  return find(world.state.paymentMethods.get(id), 'PaymentMethod', id, param);
};

const attach = (world: World, method: Stripe.PaymentMethod, customer: string): Stripe.PaymentMethod => {
  find(world.state.customers.get(customer), 'customer', customer, 'customer');
  if (method.customer !== null && method.customer !== customer)
    throw refused(
      'The payment method you provided has already been attached to a customer.',
      'payment_method_unexpected_state',
    );
  const attached = world.state.paymentMethods.put({ ...method, customer });
  world.emit('payment_method.attached', attached);
  return attached;
};

/** Keeps a method for a customer, unless it is kept already. */
export const keepForCustomer = (world: World, id: string, customer: string): void => {
  const method = world.state.paymentMethods.get(id);
  if (method?.customer === null) attach(world, method, customer);
};

const ofCustomer = (world: World, customer: string) =>
  world.state.paymentMethods.all().filter((method) => method.customer === customer);

export const paymentMethodEndpoints = [
  endpoint(
    'secret',
    'GET',
    '/v1/payment_methods',
    {
      ...paging,
      customer: text.optional(),
      type: z.literal('card').optional(),
      allow_redisplay: AllowRedisplay.optional(),
    },
    (world, params) => {
      if (params.customer !== undefined)
        find(world.state.customers.get(params.customer), 'customer', params.customer, 'customer');
      return page(
        '/v1/payment_methods',
        params.customer === undefined ? [] : ofCustomer(world, params.customer),
        params,
      );
    },
  ),
  endpoint('secret', 'GET', '/v1/payment_methods/:id', {}, (world, _, call) =>
    find(world.state.paymentMethods.get(part(call, 'id')), 'PaymentMethod', part(call, 'id')),
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/payment_methods/:id',
    {
      metadata: metadata.optional(),
      billing_details: billingDetails.optional(),
      allow_redisplay: AllowRedisplay.optional(),
    },
    (world, params, call) => {
      const method = find(
        world.state.paymentMethods.get(part(call, 'id')),
        'PaymentMethod',
        part(call, 'id'),
      );
      const updated = world.state.paymentMethods.put({
        ...method,
        metadata: mergeMetadata(method.metadata ?? {}, params.metadata),
        allow_redisplay: params.allow_redisplay ?? method.allow_redisplay ?? 'unspecified',
        billing_details:
          params.billing_details === undefined ? method.billing_details : billingOf(params.billing_details),
      });
      world.emit('payment_method.updated', updated);
      return updated;
    },
  ),
  endpoint('secret', 'POST', '/v1/payment_methods/:id/attach', { customer: text }, (world, params, call) =>
    attach(world, methodFor(world, part(call, 'id'), 'payment_method'), params.customer),
  ),
  endpoint('secret', 'POST', '/v1/payment_methods/:id/detach', {}, (world, _, call) => {
    const method = find(world.state.paymentMethods.get(part(call, 'id')), 'PaymentMethod', part(call, 'id'));
    if (method.customer === null)
      throw refused(
        'The payment method you provided is not attached to a customer so detachment is impossible.',
        'payment_method_unexpected_state',
      );
    const detached = world.state.paymentMethods.put({ ...method, customer: null });
    world.emit('payment_method.detached', detached, { changed: { customer: method.customer } });
    return detached;
  }),
  endpoint(
    'secret',
    'GET',
    '/v1/customers/:id/payment_methods',
    {
      ...paging,
      type: z.literal('card').optional(),
      allow_redisplay: AllowRedisplay.optional(),
    },
    (world, params, call) => {
      const id = part(call, 'id');
      find(world.state.customers.get(id), 'customer', id);
      return page(`/v1/customers/${id}/payment_methods`, ofCustomer(world, id), params);
    },
  ),
  endpoint('secret', 'GET', '/v1/customers/:id/payment_methods/:method', {}, (world, _, call) =>
    find(
      ofCustomer(world, part(call, 'id')).find((method) => method.id === part(call, 'method')),
      'PaymentMethod',
      part(call, 'method'),
    ),
  ),
];
