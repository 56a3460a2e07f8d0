import type { z } from 'zod';
import { type ErrorCode, Problem } from '#contract/errors.ts';

/** The server's "no", with what it said; `code` picks the words shown. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }

  get code(): ErrorCode {
    return this.problem.code;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Options = { body?: unknown; idempotencyKey?: string; headers?: Record<string, string> };

/** The code of whatever went wrong: the server's own, or `unavailable` when it could not be reached. */
export const codeOf = (fault: unknown): ErrorCode => (fault instanceof ApiError ? fault.code : 'unavailable');

/** A new idempotency key: make one when a person wants something, and send it again on every retry. */
export const newKey = (): string => crypto.randomUUID();

/** Calls the API and parses its answer with the contract's schema. @throws ApiError for problem details. */
export async function call<Schema extends z.ZodType>(
  method: Method,
  path: string,
  schema: Schema,
  options: Options = {},
): Promise<z.infer<Schema>> {
  const response = await send(method, path, options);
  return schema.parse(await response.json());
}

/** Calls the API where no answer but the status matters. @throws ApiError */
export async function tell(method: Method, path: string, options: Options = {}): Promise<void> {
  await send(method, path, options);
}

/** Sends one file as the form field `file`. @throws ApiError */
export async function upload<Schema extends z.ZodType>(
  path: string,
  file: File,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const form = new FormData();
  form.set('file', file);
  const response = await fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'x-dropcast': '1' },
    body: form,
  });
  if (!response.ok) throw await errorOf(response);
  return schema.parse(await response.json());
}

/** Reads with the entity tag that an edit sends back. */
export async function read<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<{ value: z.infer<Schema>; etag: string }> {
  const response = await send('GET', path, {});
  return { value: schema.parse(await response.json()), etag: response.headers.get('etag') ?? '' };
}

async function send(
  method: Method,
  path: string,
  { body, idempotencyKey, headers = {} }: Options,
): Promise<Response> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      ...(method === 'GET' ? {} : { 'x-dropcast': '1' }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  const parsed = Problem.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return new ApiError(parsed.data);
  return new ApiError({
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'unavailable',
  });
}
