import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, type ApiRequest, carriesKey } from './api.ts';
import { ApiError } from './api-error.ts';
import type { Control } from './control.ts';
import type { ApiFault, Faults } from './faults.ts';
import type { Answer, Idempotency } from './idempotency.ts';
import { answerPage } from './pages.ts';
import { apiVersion, type World } from './world.ts';

const bodyLimit = 1024 * 1024;

const readBody = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > bodyLimit)
      throw new ApiError(413, { type: 'invalid_request_error', message: 'Request too large' });
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString();
};

const one = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

const send = (
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void => {
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
};

const apiHeaders = (answer: Answer, request: IncomingMessage): Record<string, string> => {
  const key = one(request.headers['idempotency-key']);
  return {
    'content-type': 'application/json',
    'cache-control': 'no-cache, no-store',
    'request-id': answer.requestId,
    'stripe-version': one(request.headers['stripe-version']) ?? apiVersion,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(answer.isReplay ? { 'idempotent-replayed': 'true', 'original-request': answer.requestId } : {}),
  };
};

/** Writes an answer, or breaks off as the fault says. */
const deliver = async (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fault: ApiFault | undefined,
): Promise<void> => {
  if (fault?.kind === 'timeout-after') {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    await pause(fault.ms, undefined, { signal: gone.signal, ref: false }).catch(() => undefined);
    request.socket.destroy();
    return;
  }
  if (fault?.kind === 'reset-mid-body') {
    response.writeHead(answer.status, {
      ...apiHeaders(answer, request),
      'content-length': String(Buffer.byteLength(answer.body)),
    });
    response.write(answer.body.slice(0, Math.floor(answer.body.length / 2)), () =>
      request.socket.resetAndDestroy(),
    );
    return;
  }
  send(response, answer.status, apiHeaders(answer, request), answer.body);
};

type Parts = {
  world: World;
  api: Api;
  control: Control;
  faults: Faults;
  idempotency: Idempotency;
  secretKey: string;
  commit: () => void;
};

const answerApi = async (
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  call: ApiRequest,
): Promise<void> => {
  const fault = parts.faults.forRequest(call.method, call.path);
  const answer = await answerOnce(parts, call, fault);
  await deliver(request, response, answer, fault);
};

/** Answers while nobody else uses the key; a request that is held up keeps it. */
const answerOnce = async (parts: Parts, call: ApiRequest, fault: ApiFault | undefined): Promise<Answer> => {
  const key = call.method === 'POST' ? call.idempotencyKey : undefined;
  using _ = key === undefined ? undefined : parts.idempotency.begin(key);
  if (fault?.kind === 'delay') await pause(fault.ms);
  return parts.api.answer(call, fault);
};

const handle = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const { pathname: path } = url;
  const query = url.search.slice(1);
  const method = request.method ?? 'GET';
  const body = await readBody(request);
  const authorization = one(request.headers.authorization);
  if (path.startsWith('/_sim/')) {
    const isOurs = carriesKey(authorization, parts.secretKey);
    const answer = isOurs
      ? await parts.control.answer(method, path, url.searchParams, body)
      : { status: 401, body: { error: 'the secret key is needed' } };
    send(response, answer.status, { 'content-type': 'application/json' }, JSON.stringify(answer.body));
    return;
  }
  if (path.startsWith('/stripe-sim/') && !path.startsWith('/stripe-sim/v1/')) {
    const page = answerPage(parts.world, method, path, query);
    parts.commit();
    send(response, page.status, page.headers, page.body);
    return;
  }
  await answerApi(parts, request, response, {
    method,
    path,
    query,
    body,
    authorization,
    idempotencyKey: one(request.headers['idempotency-key']),
    account: one(request.headers['stripe-account']),
  });
};

const fail = (response: ServerResponse, fault: unknown): void => {
  if (!(fault instanceof ApiError)) console.error(fault);
  if (response.headersSent) return void response.destroy();
  const known =
    fault instanceof ApiError ? fault : new ApiError(500, { type: 'api_error', message: 'Simulator fault' });
  send(response, known.status, { 'content-type': 'application/json' }, JSON.stringify({ error: known.body }));
};

/** Listens on loopback; port 0 takes any. Answers the server and its port. */
export const listen = async (port: number, parts: Parts): Promise<{ server: Server; port: number }> => {
  const server = createServer((request, response) => {
    handle(parts, request, response).catch((fault: unknown) => fail(response, fault));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
};
