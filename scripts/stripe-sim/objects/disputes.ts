import type { Stripe } from 'stripe';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { paging, text } from '../params.ts';
import { find, type World } from '../world.ts';

import { moveMoney } from './balance.ts';

const noEvidence: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

/** Lets a dispute arrive for a charge: the amount and 15.00 leave the balance at once. */
export const dispute = (world: World, chargeId: string): void => {
  const charge = world.state.charges.get(chargeId);
  if (charge === undefined || charge.disputed) return;
  const id = world.newId('du');
  const taken = moveMoney(world, {
    account: null,
    type: 'adjustment',
    category: 'dispute',
    amount: -charge.amount,
    fee: 1500,
    currency: charge.currency,
    source: id,
    description: `Chargeback withdrawal for ${charge.id}`,
  });
  const disputed = world.state.charges.put({ ...charge, disputed: true });
  const made = world.state.disputes.put({
    id,
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [taken],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence,
    evidence_details: {
      due_by: world.now() + 9 * 24 * 60 * 60,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10.4' },
    },
    reason: 'fraudulent',
    status: 'needs_response',
  });
  world.emit('charge.updated', disputed, { changed: { disputed: false } });
  world.emit('charge.dispute.created', made);
  world.emit('charge.dispute.funds_withdrawn', made);
};

export const disputeEndpoints = [
  endpoint(
    'secret',
    'GET',
    '/v1/disputes',
    { ...paging, charge: text.optional(), payment_intent: text.optional() },
    (world, params) =>
      page(
        '/v1/disputes',
        world.state.disputes
          .all()
          .filter(
            (dispute) =>
              (params.charge === undefined || dispute.charge === params.charge) &&
              (params.payment_intent === undefined || dispute.payment_intent === params.payment_intent),
          ),
        params,
      ),
  ),
  endpoint('secret', 'GET', '/v1/disputes/:id', {}, (world, _, call) =>
    find(world.state.disputes.get(part(call, 'id')), 'dispute', part(call, 'id')),
  ),
];
