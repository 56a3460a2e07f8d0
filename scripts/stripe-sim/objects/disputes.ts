import type { Stripe } from 'stripe';
import { z } from 'zod';
import { refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { flag, mergeMetadata, metadata, paging, text } from '../params.ts';
import { find, type World } from '../world.ts';
import { moveMoney } from './balance.ts';

const noEvidence = {
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
} satisfies Stripe.Dispute.Evidence;

const Evidence = z.strictObject(
  Object.fromEntries(
    Object.keys(noEvidence)
      .filter((name) => name !== 'enhanced_evidence')
      .map((name) => [name, text.optional()]),
  ),
);

const get = (world: World, id: string): Stripe.Dispute => find(world.state.disputes.get(id), 'dispute', id);

/** Whether the bank has still to decide. */
export const isOpen = ({ status }: Stripe.Dispute): boolean =>
  status === 'needs_response' || status === 'under_review';

const needOpen = (dispute: Stripe.Dispute): void => {
  if (!isOpen(dispute)) throw refused('This dispute is already closed');
};

/**
 * Lets a dispute arrive for a paid charge: what is left of it and 15.00 leave the balance at once. A charge is
 * disputed once.
 */
export const dispute = (world: World, chargeId: string): void => {
  const charge = find(world.state.charges.get(chargeId), 'charge', chargeId);
  const amount = charge.amount - charge.amount_refunded;
  if (charge.disputed) throw refused(`Charge ${charge.id} has already been disputed.`);
  if (!charge.captured || amount === 0) throw refused(`Charge ${charge.id} holds no money to dispute.`);
  const id = world.newId('du');
  const taken = moveMoney(world, {
    account: null,
    type: 'adjustment',
    category: 'dispute',
    amount: -amount,
    fee: 1500,
    currency: charge.currency,
    source: id,
    description: `Chargeback withdrawal for ${charge.id}`,
  });
  const disputed = world.state.charges.put({ ...charge, disputed: true });
  const made = world.state.disputes.put({
    id,
    object: 'dispute',
    amount,
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

/**
 * The bank decides. `won` gives the amount back, not the fee; `lost` leaves both where they went. Stripe tells
 * `charge.dispute.closed` either way.
 */
export const decideDispute = (world: World, id: string, outcome: 'won' | 'lost'): Stripe.Dispute => {
  const old = get(world, id);
  needOpen(old);
  const charge = typeof old.charge === 'string' ? old.charge : old.charge.id;
  const back =
    outcome === 'lost'
      ? []
      : [
          moveMoney(world, {
            account: null,
            type: 'adjustment',
            category: 'dispute_reversal',
            amount: old.amount,
            currency: old.currency,
            source: old.id,
            description: `Chargeback reversal for ${charge}`,
          }),
        ];
  const decided = world.state.disputes.put({
    ...old,
    balance_transactions: [...old.balance_transactions, ...back],
    is_charge_refundable: outcome === 'won',
    status: outcome,
  });
  world.emit('charge.dispute.closed', decided, { changed: { status: old.status } });
  if (outcome === 'won') world.emit('charge.dispute.funds_reinstated', decided);
  return decided;
};

/** Stripe's test mode lets these words decide at once. */
const verdicts: Record<string, 'won' | 'lost'> = { winning_evidence: 'won', losing_evidence: 'lost' };

type Answer = {
  evidence?: Record<string, string | undefined> | undefined;
  metadata?: z.infer<typeof metadata> | undefined;
  submit?: boolean | undefined;
};

const respond = (world: World, old: Stripe.Dispute, params: Answer): Stripe.Dispute => {
  if (params.evidence !== undefined) needOpen(old);
  const given = Object.entries(params.evidence ?? {}).map(([name, words]) => [name, words || null] as const);
  const isSubmitted = params.evidence !== undefined && params.submit !== false;
  const updated = world.state.disputes.put({
    ...old,
    evidence: { ...old.evidence, ...Object.fromEntries(given) },
    evidence_details: {
      ...old.evidence_details,
      has_evidence: old.evidence_details.has_evidence || given.some(([, words]) => words !== null),
      submission_count: old.evidence_details.submission_count + (isSubmitted ? 1 : 0),
    },
    metadata: mergeMetadata(old.metadata, params.metadata),
    status: isSubmitted ? 'under_review' : old.status,
  });
  world.emit('charge.dispute.updated', updated, { changed: { evidence: old.evidence, status: old.status } });
  const verdict = isSubmitted ? verdicts[updated.evidence.uncategorized_text ?? ''] : undefined;
  return verdict === undefined ? updated : decideDispute(world, old.id, verdict);
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
  endpoint('secret', 'GET', '/v1/disputes/:id', {}, (world, _, call) => get(world, part(call, 'id'))),
  endpoint(
    'secret',
    'POST',
    '/v1/disputes/:id',
    { evidence: Evidence.optional(), metadata: metadata.optional(), submit: flag.optional() },
    (world, params, call) => respond(world, get(world, part(call, 'id')), params),
  ),
  endpoint('secret', 'POST', '/v1/disputes/:id/close', {}, (world, _, call) =>
    decideDispute(world, part(call, 'id'), 'lost'),
  ),
];
