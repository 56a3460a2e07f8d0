import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import multer from 'multer';
import type { z } from 'zod';
import { permissions } from '#contract/permissions.ts';
import type { Clock } from '../platform/clock.ts';
import type { AuditLog, Authenticator, Authorizer } from './ports.ts';
import { sendProblem } from './problem.ts';
import type { AuditNote, Route, RouteContext } from './route.ts';

type Parts = {
  authenticator: Authenticator;
  authorizer: Authorizer;
  auditLog: AuditLog;
  clock: Clock;
  refuseCrossSite: RequestHandler;
};

const bodyReaders: Record<Route['bodyKind'], RequestHandler> = {
  json: express.json({ limit: '64kb', strict: true }),
  raw: express.raw({ limit: '256kb', type: () => true }),
  file: multer({
    storage: multer.memoryStorage(),
    limits: { fileSize: 8 << 20, files: 1, fields: 8 },
  }).single('file'),
};

/** Turns routes into an express router: reads, parses, authorizes, handles, audits and answers each request. */
export function bindRoutes(routes: readonly Route[], parts: Parts): Router {
  const router = Router();
  for (const one of routes) {
    const before = one.bodyKind === 'raw' ? [] : [parts.refuseCrossSite];
    router[one.method](one.path, ...before, bodyReaders[one.bodyKind], (request, response) =>
      serve(one, request, response, parts),
    );
  }
  return router;
}

async function serve(route: Route, request: Request, response: Response, parts: Parts): Promise<void> {
  // A signature route ignores cookies: the handler itself checks who is calling.
  const actor =
    route.bodyKind === 'raw'
      ? ({ kind: 'service', name: route.path } as const)
      : await parts.authenticator.authenticate(request);
  // Whoever has to sign in first learns nothing about what exists or which shape is asked.
  if (parts.authorizer.authorize(actor, route.action, {}) === 'sign-in-required') {
    sendProblem(response, 'sign-in-required');
    return;
  }
  // An id of no such form names nothing, as one that nobody has.
  if (route.params?.safeParse(request.params).success === false) {
    sendProblem(response, 'not-found');
    return;
  }
  const input = parseInput(route, request);
  if (!input.ok) {
    sendProblem(response, 'invalid-request', { faults: input.faults });
    return;
  }
  const idempotencyKey = route.idempotent ? request.get('idempotency-key') : undefined;
  if (route.idempotent && !/^[A-Za-z0-9_-]{8,64}$/.test(idempotencyKey ?? '')) {
    const message = 'send 8 to 64 letters, digits, - or _, one key for each thing wanted';
    sendProblem(response, 'invalid-request', { faults: [{ path: 'header.Idempotency-Key', message }] });
    return;
  }
  const scope = await route.scope(input.value, actor);
  if (scope === undefined) {
    sendProblem(response, 'not-found');
    return;
  }
  const verdict = parts.authorizer.authorize(actor, route.action, scope);
  if (verdict !== 'allowed') {
    sendProblem(response, verdict);
    return;
  }
  let note: AuditNote = {};
  const context: RouteContext<unknown, unknown, unknown> = {
    ...input.value,
    actor,
    requestId: String(response.locals.requestId),
    address: request.socket.remoteAddress ?? '',
    idempotencyKey,
    request,
    header: (name, value) => void response.setHeader(name, value),
    audit: (more) => {
      note = { ...note, ...more };
    },
  };
  const result = await route.handle(context);
  if (!result.ok) {
    const { refusal, detail, retryAfterMs } = result;
    sendProblem(response, refusal, {
      ...(detail === undefined ? {} : { detail }),
      ...(retryAfterMs === undefined ? {} : { retryAfterS: Math.ceil(retryAfterMs / 1000) }),
    });
    return;
  }
  if ('audited' in permissions[route.action]) {
    const at = new Date(parts.clock.now());
    await parts.auditLog.append({ action: route.action, actor, requestId: context.requestId, at, ...note });
  }
  answer(route, response, result.value);
}

function answer(route: Route, response: Response, value: unknown): void {
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  if (route.reply === undefined) response.status(route.status).end();
  // Parsing drops whatever the reply's schema does not name.
  else response.status(route.status).json(route.reply.parse(value));
}

type Input = { params: unknown; query: unknown; body: unknown };
type Faults = { path: string; message: string }[];

function parseInput(
  route: Route,
  request: Request,
): { ok: true; value: Input } | { ok: false; faults: Faults } {
  const faults: Faults = [];
  const read = (place: string, schema: z.ZodType | undefined, raw: unknown): unknown => {
    if (schema === undefined) return undefined;
    const parsed = schema.safeParse(raw ?? {});
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues)
      faults.push({ path: [place, ...path].join('.'), message });
    return undefined;
  };
  const value = {
    params: read('params', route.params, request.params),
    query: read('query', route.query, request.query),
    body: read('body', route.body, request.body),
  };
  return faults.length === 0 ? { ok: true, value } : { ok: false, faults };
}
