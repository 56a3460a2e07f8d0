import Stripe from 'stripe';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import type { CreatedPayment, Moved } from './service.ts';

/** Faults of transport and of the service itself become one fault of ours; the SDK has tried three times by then. */
export async function reaching<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (fault) {
    if (fault instanceof Stripe.errors.StripeError)
      throw new Fault('payment-service-down', `the payment service said: ${fault.message}`, {
        cause: {
          type: fault.type,
          code: fault.code,
          statusCode: fault.statusCode,
          requestId: fault.requestId,
        },
      });
    throw fault;
  }
}

/**
 * A no of the service about what was asked is an answer, and so is a fault of its own that it keeps under our key: it
 * will be given again for ever. Everything else is a fault.
 */
export const moving = <Made extends object>(ask: () => Promise<Made>): Promise<Moved<Made>> =>
  reaching(async () => {
    try {
      return { kind: 'made', ...(await ask()) };
    } catch (fault) {
      if (!(fault instanceof Stripe.errors.StripeError)) throw fault;
      if (!(fault instanceof Stripe.errors.StripeInvalidRequestError || isStoredFault(fault))) throw fault;
      return { kind: 'refused', reason: fault.code ?? fault.message };
    }
  });

const isStoredFault = ({
  statusCode = 0,
  headers,
}: InstanceType<typeof Stripe.errors.StripeError>): boolean =>
  statusCode >= 500 && headers?.['idempotent-replayed'] === 'true';

const codeOf = (fault: unknown): string | undefined =>
  fault instanceof Stripe.errors.StripeError ? fault.code : undefined;

/** For objects that may not be there. */
export function undefinedWhenMissing(fault: unknown): undefined {
  if (codeOf(fault) !== 'resource_missing') throw fault;
}

/** What a creation that threw comes to: a decline is an answer, silence is none. */
export function refusedCreation(fault: unknown): CreatedPayment {
  const { errors } = Stripe;
  if (!(fault instanceof errors.StripeError)) return { kind: 'unknown', isStored: false, cause: fault };
  const intentId = fault.payment_intent?.id;
  if (fault instanceof errors.StripeCardError)
    return { kind: 'declined', intentId, code: fault.decline_code ?? fault.code ?? 'card_declined' };
  if (fault instanceof errors.StripeInvalidRequestError) {
    const about = { code: fault.code, param: fault.param, requestId: fault.requestId };
    if (fault.param === 'confirmation_token') logger.info(about, 'confirmation token not accepted');
    else logger.error(about, 'the payment service refuses what we ask');
    return { kind: 'declined', intentId, code: fault.code ?? 'details_unusable' };
  }
  return {
    kind: 'unknown',
    isStored: isStoredFault(fault),
    cause: { type: fault.type, message: fault.message },
  };
}
