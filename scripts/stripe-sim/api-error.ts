import type { Stripe } from 'stripe';

type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

/** The `error` object of an answer, with the keys Stripe names. */
export type ErrorBody = {
  type: ErrorType;
  message: string;
  code?: string;
  decline_code?: string;
  doc_url?: string;
  param?: string;
  charge?: string;
  payment_intent?: object;
  setup_intent?: object;
  payment_method?: Stripe.PaymentMethod;
  request_log_url?: string;
};

/**
 * An answer that is an error. `began` says whether the endpoint had begun its work: only then is the answer
 * kept under the idempotency key (Stripe: "results are only saved if an endpoint started executing").
 */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly began: boolean;

  constructor(status: number, body: ErrorBody, began = false) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.began = began;
  }
}

/** A parameter that cannot be right whatever the state is: 400, not kept under the key. */
export const invalid = (message: string, param?: string, code?: string): ApiError =>
  new ApiError(400, {
    type: 'invalid_request_error',
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined
      ? {}
      : { code, doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` }),
  });

/** A request that the present state of things forbids: 400, kept under the key. */
export const refused = (message: string, code?: string, more: Partial<ErrorBody> = {}): ApiError =>
  new ApiError(400, { ...invalid(message, undefined, code).body, ...more }, true);
