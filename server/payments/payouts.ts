import { accept, type Result, refuse } from '#contract/errors.ts';
import type { VendorId } from '#contract/ids.ts';
import type { PayoutStatus } from '#contract/payments.ts';
import { logger } from '../platform/logger.ts';
import { payoutStatus } from './core/payout.ts';
import type { Payments } from './parts.ts';

/** How far a vendor is with being paid, and what is missing. */
export async function statusOfPayout({ store }: Payments, vendorId: string): Promise<PayoutStatus> {
  return payoutStatus(await store.payoutOf(vendorId));
}

/**
 * Opens the vendor's account with the payment service, once, and answers a link to its own page for what is missing.
 * @param returnPath the page of ours that the vendor comes back to.
 */
export async function connectPayout(
  { store, stripe, clock, config, identity }: Payments,
  vendorId: VendorId,
  returnPath: string,
): Promise<Result<{ url: string }, 'not-found'>> {
  const vendor = await identity.vendors.get(vendorId);
  if (vendor === undefined) return refuse('not-found');
  let account = await store.payoutOf(vendorId);
  if (account === undefined) {
    account = await stripe.createAccount({ vendorId, name: vendor.name, key: `vendor:${vendorId}:account` });
    await store.savePayout(vendorId, account, new Date(clock.now()));
  }
  const page = `${config.http.publicUrl}${returnPath}`;
  return accept(await stripe.accountLink(account.accountId, { returnUrl: page, refreshUrl: page }));
}

/** Fetches a vendor's account anew: what an `account.updated` event and reconciliation lead to. */
export async function observeAccount({ store, stripe, clock }: Payments, accountId: string): Promise<void> {
  const account = await stripe.fetchAccount(accountId);
  if (account?.vendorId === undefined) {
    logger.warn({ accountId }, 'payout account is not ours');
    return;
  }
  await store.savePayout(account.vendorId, account, new Date(clock.now()));
  logger.info(
    { accountId, vendorId: account.vendorId, isPayable: account.canBePaid },
    'payout account observed',
  );
}
