import { createHmac } from 'node:crypto';
import type { Money } from '#contract/money.ts';
import type { PaymentFact } from '#server/payments/core/observe.ts';
import type { MadeReversal, MadeTransfer } from '#server/payments/service.ts';

/** How a card behaves: `asks` wants an authentication, `slow` is processing for a while and then goes one way. */
export type Card = 'good' | 'declined' | 'asks' | 'slow-good' | 'slow-bad';

type RefundRow = PaymentFact['refunds'][number];

/** A payment intent as the model keeps it. */
export type Intent = Omit<PaymentFact, 'look' | 'disputes' | 'refunds'> & {
  refunds: RefundRow[];
  transferGroup: string;
  createdAt: number;
  /** Money went back by the payment service's own page. */
  isRefundedOutside: boolean;
  wasShownToPayer: boolean;
};

/** Money on its way to a vendor, and what of it came back. */
export type Transfer = MadeTransfer & {
  amount: Money;
  chargeId: string | undefined;
  group: string;
  moveId: string;
  reversals: (MadeReversal & { amount: number; moveId: string })[];
};

const secret = 'whsec_simulation';

/** What a webhook's sender signs: the very bytes of the body. */
export const signatureOf = (body: Uint8Array, at: number): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex')}`;

/** What of a payment is here still. */
export const keptOf = ({ charge, refunds }: Pick<Intent, 'charge' | 'refunds'>): number =>
  (charge?.captured ?? 0) - refunds.reduce((sum, { amount, hasFailed }) => sum + (hasFailed ? 0 : amount), 0);

/** What of a transfer is with the vendor still. */
export const sentOf = ({ amount, reversals }: Transfer): number =>
  amount.amount - reversals.reduce((sum, one) => sum + one.amount, 0);

/** What a list shows of a payment. */
export const lookOf = (intent: Intent): string =>
  `${intent.status} ${intent.failureCode ?? ''} ${(intent.charge?.captured ?? 0) - keptOf(intent)}`;
