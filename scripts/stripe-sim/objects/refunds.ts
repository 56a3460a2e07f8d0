import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { integer, mergeMetadata, metadata, paging, text } from '../params.ts';
import { find, type World } from '../world.ts';
import { moveMoney } from './balance.ts';
import { getCharge } from './charges.ts';

const Reason = z.enum(['duplicate', 'fraudulent', 'requested_by_customer']);

type Wanted = {
  amount?: number | undefined;
  metadata: Record<string, string>;
  reason: z.infer<typeof Reason> | null;
};

const get = (world: World, id: string) => find(world.state.refunds.get(id), 'refund', id);

const decimal = (amount: number) => (amount / 100).toFixed(2);

/** A charge that is disputed, or was lost to a dispute, has no money left to give back. */
const isRefundable = (world: World, charge: Stripe.Charge): boolean =>
  world.state.disputes.all().every((one) => one.charge !== charge.id || one.status === 'won');

/** Gives money of a charge back; never more than is left of it. */
export const refundCharge = (world: World, charge: Stripe.Charge, wanted: Wanted): Stripe.Refund => {
  const left = charge.amount - charge.amount_refunded;
  if (charge.status !== 'succeeded')
    throw refused(`Charge ${charge.id} has not been paid and cannot be refunded.`);
  if (charge.refunded || left === 0)
    throw refused(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded');
  if (!isRefundable(world, charge))
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, 'charge_disputed');
  const amount = wanted.amount ?? left;
  if (amount > left)
    throw refused(
      `Refund amount (${decimal(amount)}) is greater than unrefunded amount on charge (${decimal(left)})`,
      undefined,
      { param: 'amount' },
    );
  const id = world.newId('re');
  const taken = charge.captured
    ? moveMoney(world, {
        account: null,
        type: 'refund',
        category: 'refund',
        amount: -amount,
        currency: charge.currency,
        source: id,
        description: `REFUND FOR CHARGE`,
      })
    : null;
  const refund = world.state.refunds.put({
    id,
    object: 'refund',
    amount,
    balance_transaction: taken?.id ?? null,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: {
        reference: world.newId('x', 15).slice(2),
        reference_status: 'available',
        reference_type: 'acquirer_reference_number',
        type: 'refund',
      },
      type: 'card',
    },
    metadata: wanted.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: wanted.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  });
  const refunded = world.state.charges.put({
    ...charge,
    amount_refunded: charge.amount_refunded + amount,
    refunded: amount === left,
  });
  world.emit('refund.created', refund);
  world.emit('charge.refunded', refunded, {
    changed: { amount_refunded: charge.amount_refunded, refunded: charge.refunded },
  });
  const method = typeof charge.payment_method === 'string' ? charge.payment_method : '';
  if (world.state.cards.get(method)?.card.behaviour.does === 'pays-refund-fails')
    world.later('fail-refund', refund.id, world.delays.refundFailMs);
  return refund;
};

/** The bank could not take a refund: the money is back on the balance, and may be refunded again. */
export const failRefund = (world: World, id: string, reason = 'expired_or_canceled_card'): void => {
  const refund = get(world, id);
  if (refund.status === 'failed' || typeof refund.charge !== 'string') return;
  const back =
    refund.balance_transaction === null
      ? undefined
      : moveMoney(world, {
          account: null,
          type: 'refund_failure',
          category: 'refund_failure',
          amount: refund.amount,
          currency: refund.currency,
          source: refund.id,
          description: 'REFUND FAILURE',
        });
  const failed = world.state.refunds.put({
    ...refund,
    ...(back === undefined ? {} : { failure_balance_transaction: back.id }),
    failure_reason: reason,
    status: 'failed',
  });
  const charge = getCharge(world, refund.charge);
  const whole = world.state.charges.put({
    ...charge,
    amount_refunded: charge.amount_refunded - refund.amount,
    refunded: false,
  });
  const changed = { status: refund.status };
  world.emit('refund.updated', failed, { changed });
  world.emit('refund.failed', failed);
  world.emit('charge.refund.updated', failed, { changed });
  world.emit('charge.updated', whole, {
    changed: { amount_refunded: charge.amount_refunded, refunded: charge.refunded },
  });
};

const chargeFor = (
  world: World,
  params: { charge?: string | undefined; payment_intent?: string | undefined },
): Stripe.Charge => {
  if (params.charge !== undefined) return getCharge(world, params.charge, 'charge');
  if (params.payment_intent === undefined)
    throw invalid(
      'One of the following params should be provided for this request: payment_intent or charge.',
    );
  const intent = find(
    world.state.paymentIntents.get(params.payment_intent),
    'payment_intent',
    params.payment_intent,
    'payment_intent',
  );
  if (typeof intent.latest_charge !== 'string')
    throw refused('This PaymentIntent does not have a successful charge to refund.');
  return getCharge(world, intent.latest_charge);
};

export const refundEndpoints = [
  endpoint(
    'secret',
    'POST',
    '/v1/refunds',
    {
      amount: integer.optional(),
      charge: text.optional(),
      metadata: metadata.optional(),
      payment_intent: text.optional(),
      reason: Reason.optional(),
    },
    (world, params) => {
      if (params.amount !== undefined && params.amount < 1)
        throw invalid('Invalid positive integer', 'amount', 'parameter_invalid_integer');
      return refundCharge(world, chargeFor(world, params), {
        amount: params.amount,
        metadata: mergeMetadata({}, params.metadata),
        reason: params.reason ?? null,
      });
    },
  ),
  endpoint(
    'secret',
    'GET',
    '/v1/refunds',
    { ...paging, charge: text.optional(), payment_intent: text.optional() },
    (world, params) =>
      page(
        '/v1/refunds',
        world.state.refunds
          .all()
          .filter(
            (refund) =>
              (params.charge === undefined || refund.charge === params.charge) &&
              (params.payment_intent === undefined || refund.payment_intent === params.payment_intent),
          ),
        params,
      ),
  ),
  endpoint('secret', 'GET', '/v1/refunds/:id', {}, (world, _, call) => get(world, part(call, 'id'))),
  endpoint('secret', 'POST', '/v1/refunds/:id', { metadata: metadata.optional() }, (world, params, call) => {
    const old = get(world, part(call, 'id'));
    const updated = world.state.refunds.put({
      ...old,
      metadata: mergeMetadata(old.metadata ?? {}, params.metadata),
    });
    world.emit('refund.updated', updated, { changed: { metadata: old.metadata } });
    return updated;
  }),
];
