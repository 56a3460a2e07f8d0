import { randomUUID } from 'node:crypto';
import type { z } from 'zod';

/** An answer of the API: its status, and its body as it came. */
export type Reply = { status: number; body: unknown; headers: Headers };

/** One browser's worth of a person: a cookie jar, and calls as our own page makes them. */
export class HttpClient {
  readonly address: string;
  cookie = '';

  constructor(address: string) {
    this.address = address;
  }

  /** Calls the API; the cookie that the answer sets is kept. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.address}/api/v1${path}`, {
      method,
      headers: {
        'x-dropcast': '1',
        'sec-fetch-site': 'same-origin',
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(';')[0] ?? '';
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  }

  /** Reads and parses. @throws with the problem when the answer is not a good one. */
  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return parseGood(await this.call('GET', path), `GET ${path}`, schema);
  }

  /** Changes something and parses the answer. @throws with the problem when the answer is not a good one. */
  async send<Schema extends z.ZodType>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    schema: Schema,
    key: string = randomUUID(),
  ): Promise<z.infer<Schema>> {
    const reply = await this.call(method, path, body, { 'idempotency-key': key });
    return parseGood(reply, `${method} ${path}`, schema);
  }
}

function parseGood<Schema extends z.ZodType>(
  { status, body }: Reply,
  what: string,
  schema: Schema,
): z.infer<Schema> {
  if (status >= 400) throw new Error(`${what} answered ${status}: ${JSON.stringify(body)}`);
  return schema.parse(body);
}
