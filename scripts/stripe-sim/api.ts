import { timingSafeEqual } from 'node:crypto';
import { ApiError, type ErrorBody, invalid } from './api-error.ts';
import type { Endpoint, KeyKind } from './endpoint.ts';
import type { ApiFault } from './faults.ts';
import { parseForm } from './form.ts';
import type { Answer, Idempotency } from './idempotency.ts';
import { accountEndpoints } from './objects/accounts.ts';
import { balanceEndpoints } from './objects/balance.ts';
import { browserIntentEndpoints } from './objects/browser-intents.ts';
import { chargeEndpoints } from './objects/charges.ts';
import { confirmationTokenEndpoints } from './objects/confirmation-tokens.ts';
import { customerSessionEndpoints } from './objects/customer-sessions.ts';
import { customerEndpoints } from './objects/customers.ts';
import { disputeEndpoints } from './objects/disputes.ts';
import { eventEndpoints } from './objects/events.ts';
import { paymentIntentEndpoints } from './objects/payment-intents.ts';
import { paymentMethodEndpoints } from './objects/payment-methods.ts';
import { refundEndpoints } from './objects/refunds.ts';
import { setupIntentEndpoints } from './objects/setup-intents.ts';
import { transferEndpoints } from './objects/transfers.ts';
import type { World } from './world.ts';

const endpoints: readonly Endpoint[] = [
  ...accountEndpoints,
  ...balanceEndpoints,
  ...browserIntentEndpoints,
  ...chargeEndpoints,
  ...confirmationTokenEndpoints,
  ...customerEndpoints,
  ...customerSessionEndpoints,
  ...disputeEndpoints,
  ...eventEndpoints,
  ...paymentIntentEndpoints,
  ...paymentMethodEndpoints,
  ...refundEndpoints,
  ...setupIntentEndpoints,
  ...transferEndpoints,
];

/** A request as the API sees it. */
export type ApiRequest = {
  method: string;
  path: string;
  query: string;
  body: string;
  authorization: string | undefined;
  idempotencyKey: string | undefined;
  account: string | undefined;
};

const compile = (pattern: string): RegExp => new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
const table = endpoints.map((one) => ({ ...one, regex: compile(one.pattern) }));

const route = (method: string, path: string) => {
  for (const one of table) {
    const match = one.method === method ? one.regex.exec(path) : null;
    if (match !== null) return { endpoint: one, path: { ...match.groups } };
  }
  throw new ApiError(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  });
};

const bearer = (authorization: string | undefined): string => {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return value;
  return Buffer.from(value, 'base64').toString().split(':', 1)[0] ?? '';
};

/** Whether a header carries this secret key, as bearer or as the user of Basic. */
export const carriesKey = (authorization: string | undefined, secretKey: string): boolean => {
  const given = Buffer.from(bearer(authorization));
  const wanted = Buffer.from(secretKey);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

const unauthorized = (message: string) => new ApiError(401, { type: 'invalid_request_error', message });

const checkKey = (request: ApiRequest, kind: KeyKind, secretKey: string, formKey: unknown): void => {
  if (kind === 'secret') {
    if (carriesKey(request.authorization, secretKey)) return;
    const given = bearer(request.authorization);
    if (given === '')
      throw unauthorized(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
      );
    if (given.startsWith('pk_'))
      throw unauthorized(
        'This API call cannot be made with a publishable API key. Please use a secret API key.',
      );
    throw unauthorized(`Invalid API Key provided: ${given.slice(0, 8)}****`);
  }
  const given = typeof formKey === 'string' ? formKey : bearer(request.authorization);
  if (!given.startsWith('pk_test_'))
    throw unauthorized('Invalid API Key provided: a publishable test key is needed.');
};

const serverError: ErrorBody = {
  type: 'api_error',
  message: 'An error occurred with our API. Please try again.',
};
const write = (value: unknown): string => JSON.stringify(value, undefined, 2);

const errorAnswer = (fault: unknown, requestId: string): Answer & { isKept: boolean } => {
  if (!(fault instanceof ApiError)) console.error(fault);
  const known = fault instanceof ApiError ? fault : new ApiError(500, serverError, true);
  const body = write({
    error: { ...known.body, request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}` },
  });
  return { status: known.status, body, requestId, isReplay: false, isKept: known.began };
};

/** The API behind HTTP: routes, keys, idempotency and the faults that belong to an answer. */
export class Api {
  readonly #world: World;
  readonly #idempotency: Idempotency;
  readonly #secretKey: string;
  readonly #commit: () => void;

  constructor(given: { world: World; idempotency: Idempotency; secretKey: string; commit: () => void }) {
    this.#world = given.world;
    this.#idempotency = given.idempotency;
    this.#secretKey = given.secretKey;
    this.#commit = given.commit;
  }

  /** Answers one request; what it changed is on disk when this returns. */
  answer(request: ApiRequest, fault: ApiFault | undefined): Answer {
    const requestId = this.#world.newId('req', 14);
    const key = request.method === 'POST' ? request.idempotencyKey : undefined;
    try {
      const { endpoint, path } = route(request.method, request.path);
      const form = parseForm(request.method === 'POST' ? request.body : request.query);
      checkKey(request, endpoint.key, this.#secretKey, form.key);
      if (fault?.kind === '429')
        throw new ApiError(429, {
          type: 'invalid_request_error',
          code: 'rate_limit',
          message: 'Request rate limit exceeded.',
        });
      if (key !== undefined && key.length > 255)
        throw invalid('Idempotency keys may be at most 255 characters long.');
      const kept =
        key === undefined
          ? undefined
          : this.#idempotency.replay(key, request.method, request.path, request.body);
      if (kept !== undefined) return kept;
      const { isKept, ...answer } = this.#run(requestId, key, fault, () =>
        endpoint.answer(this.#world, form, { path, account: request.account }),
      );
      if (key !== undefined && isKept)
        this.#idempotency.keep(key, request.method, request.path, request.body, answer);
      return answer;
    } catch (refusal) {
      const { isKept: _, ...answer } = errorAnswer(refusal, requestId);
      return answer;
    } finally {
      this.#commit();
    }
  }

  #run(
    requestId: string,
    key: string | undefined,
    fault: ApiFault | undefined,
    work: () => unknown,
  ): Answer & { isKept: boolean } {
    this.#world.cause = { requestId, idempotencyKey: key ?? null };
    try {
      if (fault?.kind === '500-before') throw new ApiError(500, serverError, true);
      const result = work();
      if (fault?.kind === '500-after') throw new ApiError(500, serverError, true);
      return { status: 200, body: write(result), requestId, isReplay: false, isKept: true };
    } catch (refusal) {
      return errorAnswer(refusal, requestId);
    } finally {
      this.#world.cause = { requestId: null, idempotencyKey: null };
    }
  }
}
