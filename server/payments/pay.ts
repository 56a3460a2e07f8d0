import { accept, type Result, refuse } from '#contract/errors.ts';
import type { Money } from '#contract/money.ts';
import { logger } from '../platform/logger.ts';
import type { Payments } from './parts.ts';
import type { AttemptName, CreatedPayment } from './service.ts';

/** One try to pay for a subject. The same purpose, subject and attempt is the same try, whoever repeats it. */
export type PayInput = AttemptName & {
  amount: Money;
  confirmationToken: string;
  transferGroup: string;
  /** `later` has the bank hold the money until `capture`; default `now`. */
  capture?: 'now' | 'later';
  metadata?: Record<string, string>;
  /** Set when this try was begun before: when that was. */
  begunAt?: Date;
};

export type Paid = {
  intentId: string;
  status: 'paid' | 'authorised' | 'requires-action' | 'processing';
  /** For the payer's browser, to authenticate with. Never stored, never logged. */
  clientSecret: string | undefined;
};

/** Stripe may forget a key after 24 h; past this age the intent is looked for before it is made again. */
const keyTrustMs = 20 * 3_600_000;

/**
 * Asks for the money. `card-declined`: this try is over and charged nothing. `payment-service-down`: not known;
 * repeat with `begunAt`. A good answer is no sale yet: only `observePayment` makes one.
 */
export async function pay(
  payments: Payments,
  input: PayInput,
): Promise<Result<Paid, 'card-declined' | 'payment-service-down'>> {
  const { purpose, subjectId, attempt } = input;
  const created = await create(payments, input);
  if (created.kind === 'unknown') {
    logger.warn({ subjectId, attempt, err: created.cause }, 'no word from the payment service');
    return refuse('payment-service-down');
  }
  if (created.kind === 'intent' && created.status !== 'failed' && created.status !== 'cancelled') {
    const { intentId, status, clientSecret } = created;
    return accept({ intentId, status, clientSecret });
  }
  if (created.intentId !== undefined) await cancelQuietly(payments, created.intentId);
  logger.info({ purpose, subjectId, attempt }, 'payment declined');
  return refuse('card-declined', created.kind === 'declined' ? created.code : 'authentication_failed');
}

async function create({ stripe, clock, failpoint }: Payments, input: PayInput): Promise<CreatedPayment> {
  const { purpose, subjectId, attempt, amount, confirmationToken, transferGroup, begunAt } = input;
  const name: AttemptName = { purpose, subjectId, attempt };
  const since = begunAt && new Date(begunAt.getTime() - 60_000);
  if (since && clock.now() - since.getTime() > keyTrustMs) {
    const found = await stripe.findPayment(name, since);
    if (found) return found;
  }
  const created = await stripe.createPayment({
    name,
    amount,
    confirmationToken,
    capture: input.capture ?? 'now',
    transferGroup,
    metadata: input.metadata ?? {},
    key: `${purpose}:${subjectId}:pay:${attempt}`,
  });
  await failpoint('payments.pay:intent-created');
  if (created.kind !== 'unknown' || since === undefined) return created;
  const found = await stripe.findPayment(name, since);
  if (found) return found;
  // A stored fault is given again for ever, and the list shows that no intent came of it.
  return created.isStored ? { kind: 'declined', intentId: undefined, code: 'processing_error' } : created;
}

async function cancelQuietly({ stripe }: Payments, intentId: string): Promise<void> {
  try {
    await stripe.cancelPayment(intentId);
  } catch (fault) {
    logger.warn({ err: fault, intentId }, 'a declined payment could not be cancelled');
  }
}
