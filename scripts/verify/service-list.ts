import Stripe from 'stripe';
import type { ServiceObject } from './service.ts';

const limit = 100;

/** Asks the payment service, with the same key and nothing of the server, what it has of ours. */
export async function listService({
  secretKey,
  simulatorUrl,
}: {
  secretKey: string;
  simulatorUrl: string | undefined;
}): Promise<ServiceObject[]> {
  const address = simulatorUrl === undefined ? undefined : new URL(simulatorUrl);
  const stripe = new Stripe(secretKey, {
    telemetry: false,
    ...(address && { host: address.hostname, port: address.port, protocol: 'http' as const }),
  });
  const found: ServiceObject[] = [];
  const add = (causeId: string, amount: number, one: { currency: string; created: number }): void => {
    found.push({ causeId, amount, currency: one.currency.toUpperCase(), at: one.created * 1000 });
  };
  const ours = new Set<string>();
  for await (const charge of stripe.charges.list({ limit })) {
    if (charge.metadata.purpose === undefined || charge.status !== 'succeeded' || !charge.captured) continue;
    ours.add(charge.id);
    add(`charge:${charge.id}`, charge.amount_captured, charge);
  }
  const isOurs = (charge: string | { id: string } | null): boolean =>
    charge !== null && ours.has(typeof charge === 'string' ? charge : charge.id);
  for await (const refund of stripe.refunds.list({ limit })) {
    const isRelease = refund.status === 'succeeded' && refund.balance_transaction === null;
    if (!isOurs(refund.charge) || isRelease) continue;
    add(`refund:${refund.id}`, -refund.amount, refund);
    if (refund.status === 'failed' || refund.status === 'canceled')
      add(`refund-failed:${refund.id}`, refund.amount, refund);
  }
  for await (const transfer of stripe.transfers.list({ limit })) {
    add(`transfer:${transfer.id}`, -transfer.amount, transfer);
    const reversals = transfer.reversals.has_more
      ? await Array.fromAsync(stripe.transfers.listReversals(transfer.id, { limit }))
      : transfer.reversals.data;
    for (const reversal of reversals) add(`reversal:${reversal.id}`, reversal.amount, reversal);
  }
  for await (const dispute of stripe.disputes.list({ limit })) {
    if (!isOurs(dispute.charge)) continue;
    const taken = dispute.balance_transactions.find(({ amount }) => amount < 0);
    const given = dispute.balance_transactions.find(({ amount }) => amount > 0);
    const { currency } = dispute;
    if (taken) add(`dispute:${dispute.id}`, -dispute.amount, { currency, created: taken.created });
    if (given) add(`dispute-won:${dispute.id}`, dispute.amount, { currency, created: given.created });
  }
  return found;
}
