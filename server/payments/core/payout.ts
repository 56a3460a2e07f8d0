import type { PayoutStatus } from '#contract/payments.ts';

/** A vendor's account with the payment service, as its object tells it. */
export type AccountFact = {
  accountId: string;
  vendorId: string | undefined;
  canBePaid: boolean;
  hasSubmittedDetails: boolean;
  missing: readonly string[];
};

/** How far the vendor is, and what the payment service still asks for. */
export function payoutStatus(account: AccountFact | undefined): PayoutStatus {
  if (account === undefined) return { state: 'not-connected', isPayable: false, missing: [] };
  const missing = [...account.missing];
  if (account.canBePaid) return { state: 'active', isPayable: true, missing };
  const isInReview = account.hasSubmittedDetails && missing.length === 0;
  return { state: isInReview ? 'in-review' : 'incomplete', isPayable: false, missing };
}
