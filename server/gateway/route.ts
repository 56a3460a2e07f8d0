import type { Request } from 'express';
import type { z } from 'zod';
import type { ErrorCode, Result } from '#contract/errors.ts';
import type { Action, Actor, Scope } from '#contract/permissions.ts';

/** What an audit entry says beyond who, when and which action. */
export type AuditNote = { object?: string; before?: unknown; after?: unknown };

type Parsed<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.infer<Schema> : undefined;

/** What a handler gets: parsed input, who asks, and a way to enrich the audit entry. */
export type RouteContext<Params, Query, Body> = {
  params: Params;
  query: Query;
  body: Body;
  actor: Actor;
  requestId: string;
  /** Address of the client, from the socket or the one trusted proxy. */
  address: string;
  /** The idempotency key of the header, where `idempotent` is set. */
  idempotencyKey: string | undefined;
  /** For uploads and cookies; parsed input is above. */
  request: Request;
  /** Sets a response header. */
  header(name: string, value: string | string[]): void;
  audit(note: AuditNote): void;
};

/** One HTTP route under /api/v1: data, so that OpenAPI, permissions and tests can read it. */
export type Route = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express path, `/streams/:streamId`. */
  path: `/${string}`;
  action: Action;
  summary: string;
  params: z.ZodType | undefined;
  query: z.ZodType | undefined;
  body: z.ZodType | undefined;
  /** Shape of a good answer; nothing that is not in it leaves. Undefined: 204. */
  reply: z.ZodType | undefined;
  status: number;
  /** How the body is read: parsed JSON, raw bytes (signature routes), or one uploaded file in `request.file`. */
  bodyKind: 'json' | 'raw' | 'file';
  idempotent: boolean;
  scope: (
    input: { params: unknown; query: unknown; body: unknown },
    actor: Actor,
  ) => Scope | undefined | Promise<Scope | undefined>;
  handle: (context: RouteContext<unknown, unknown, unknown>) => Promise<Result<unknown, ErrorCode>>;
};

/**
 * Binds a method and path to schemas, an action of the permission table (with the scope it touches) and a handler.
 * The handler answers a {@link Result}: a refusal becomes problem+json with the status of the error table; a thrown
 * `Fault` likewise, anything else a 500. A scope of `undefined` from the resolver means "no such object": 404.
 */
export function route<
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Reply extends z.ZodType | undefined = undefined,
>(spec: {
  method: Route['method'];
  path: Route['path'];
  action: Action;
  summary: string;
  params?: Params;
  query?: Query;
  body?: Body;
  reply?: Reply;
  /** Default: 200 with a reply, 204 without. */
  status?: number;
  bodyKind?: Route['bodyKind'];
  /** Creating POSTs: the header `Idempotency-Key` is required and handed over. */
  idempotent?: boolean;
  scope?: (
    input: { params: Parsed<Params>; query: Parsed<Query>; body: Parsed<Body> },
    actor: Actor,
  ) => Scope | undefined | Promise<Scope | undefined>;
  handle: (
    context: RouteContext<Parsed<Params>, Parsed<Query>, Parsed<Body>>,
  ) => Promise<Result<Reply extends z.ZodType ? z.input<Reply> : undefined, ErrorCode>>;
}): Route {
  return {
    method: spec.method,
    path: spec.path,
    action: spec.action,
    summary: spec.summary,
    params: spec.params,
    query: spec.query,
    body: spec.body,
    reply: spec.reply,
    status: spec.status ?? (spec.reply ? 200 : 204),
    bodyKind: spec.bodyKind ?? 'json',
    idempotent: spec.idempotent ?? false,
    // The binder parses with the schemas above before it calls either of these.
    scope: (spec.scope ?? (() => ({}))) as Route['scope'],
    handle: spec.handle as Route['handle'],
  };
}
