import { z } from 'zod';
import { StreamId } from './ids.ts';

export const subprotocol = 'live.v1.json';

/** Told to clients, numbered per room, kept, and caught up after a cut. */
export const durable = <Schema extends z.ZodType>(schema: Schema) => ({ kind: 'durable', schema }) as const;

/** Told to clients, may be merged (newest wins per type) or dropped under load, and is then counted. */
export const passing = <Schema extends z.ZodType>(schema: Schema) => ({ kind: 'passing', schema }) as const;

/** Told to one person's sockets only; read anew from the API or the snapshot after a cut. */
export const personal = <Schema extends z.ZodType>(schema: Schema) => ({ kind: 'personal', schema }) as const;

/** Asked by a client: the request's shape and the value of a good answer. */
export const ask = <Request extends z.ZodType, Value extends z.ZodType>(request: Request, value: Value) =>
  ({ request, value }) as const;

type Told = { kind: 'durable' | 'passing' | 'personal'; schema: z.ZodType };
type Asked = { request: z.ZodType; value: z.ZodType };

/** What one slice says over the websocket. */
export type LiveContract = {
  fromClient: Record<string, Asked>;
  toClient: Record<string, Told>;
};

/**
 * A frame from a client: `t` the message, `r` the room it concerns, `id` the client's number for the answer, `d`
 * its data.
 */
export const ClientFrame = z.object({
  t: z.string().max(64),
  r: StreamId.optional(),
  id: z.int().nonnegative().optional(),
  d: z.unknown(),
});
export type ClientFrame = z.infer<typeof ClientFrame>;

/**
 * A frame to a client. `s` numbers a room's durable messages within `e`, the room's epoch; `re` answers the request
 * of that number, and `d` is then a {@link Answer}.
 */
export const ServerFrame = z.object({
  t: z.string(),
  r: StreamId.optional(),
  s: z.int().optional(),
  e: z.string().optional(),
  re: z.int().optional(),
  d: z.unknown(),
});
export type ServerFrame = z.infer<typeof ServerFrame>;

/** Frames to a client travel alone or, when one tick gathers several, as an array. */
export const ServerFrames = z.union([ServerFrame, z.array(ServerFrame)]);

export const Answer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({
    ok: z.literal(false),
    refusal: z.string(),
    detail: z.string().optional(),
    retryAfterMs: z.int().optional(),
  }),
]);
export type Answer = z.infer<typeof Answer>;

/** Where a client stopped reading a room. */
export const Position = z.object({ epoch: z.string().max(40), s: z.int().nonnegative() });
export type Position = z.infer<typeof Position>;

/** The gateway's own messages. */
export const gatewayLive = {
  fromClient: {
    'room.enter': ask(
      z.object({ streamId: StreamId, last: Position.optional() }),
      z.object({
        position: Position,
        serverNow: z.number(),
        viewingSessionId: z.string(),
        /** Present unless the gap since `last` was sent as frames. */
        snapshot: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    'room.leave': ask(z.object({ streamId: StreamId }), z.object({})),
    /** Round trip for the server clock: the answer carries milliseconds since 1970 on the one clock. */
    'clock.read': ask(z.object({}), z.object({ serverNow: z.number() })),
  },
  toClient: {
    /** The socket stands, and words for its person arrive from here on. */
    'gateway.ready': personal(z.object({})),
    /** The room's history was lost or outrun: `d` is a whole new snapshot. */
    'room.resync': personal(z.object({ position: Position, snapshot: z.record(z.string(), z.unknown()) })),
  },
} as const satisfies LiveContract;
