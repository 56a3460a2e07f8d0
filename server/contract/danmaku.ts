import { z } from 'zod';
import { ask, durable, type LiveContract, passing } from './envelope.ts';
import { IdempotencyKey, Instant, LineId, StreamId, StreamMs } from './ids.ts';

/** The most characters (code points) of a line, counted after cleaning. */
export const danmakuLimit = 100;

/** How a line looks: a viewer's, one of the host's or an operator's, or the room's own about an order. */
export const LineKind = z.enum(['viewer', 'staff', 'order']);
export type LineKind = z.infer<typeof LineKind>;

/** One line over the video. `text` is data: nothing in it is ever markup. */
export const DanmakuLine = z.object({
  lineId: LineId,
  streamId: StreamId,
  /** The room's own order: sort by it, and drop a line whose `lineId` is there already. */
  n: z.int().positive(),
  kind: LineKind,
  /** Absent on lines that nobody wrote. */
  handle: z.string().optional(),
  text: z.string(),
  streamMs: StreamMs,
  at: Instant,
  /** The writer's own key, by which the own screen knows its echo. */
  key: IdempotencyKey.optional(),
});
export type DanmakuLine = z.infer<typeof DanmakuLine>;

/** What stands on screen for whoever enters: the last 50 lines, oldest first, and the likes so far. */
export const DanmakuSnapshot = z.object({ lines: z.array(DanmakuLine), likes: z.int().nonnegative() });
export type DanmakuSnapshot = z.infer<typeof DanmakuSnapshot>;

/** The name of the snapshot part. */
export const danmakuPart = 'danmaku';

export const danmakuLive = {
  fromClient: {
    /** A resend with the same key is the same line. */
    'danmaku.post': ask(
      z.object({ text: z.string().max(1000), key: IdempotencyKey.optional() }),
      z.object({ line: DanmakuLine }),
    ),
    /** Taps since the last message; the room hears one number for all. */
    'danmaku.like': ask(z.object({ taps: z.int().min(1).max(20) }), z.object({})),
  },
  toClient: {
    'danmaku.posted': durable(DanmakuLine),
    'danmaku.likes': passing(z.object({ likes: z.int().nonnegative() })),
  },
} as const satisfies LiveContract;

/** Stream time and order of a line, as `12345-67`. */
const Cursor = z.string().regex(/^\d{1,12}-\d{1,12}$/);

export const DanmakuQuery = z.object({
  /** Lines after this cursor. */
  after: Cursor.optional(),
  /** Lines from this stream time on. */
  fromMs: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

/** Lines by stream time; `next` is the cursor of the page after this one, absent on the last. */
export const DanmakuPage = z.object({ lines: z.array(DanmakuLine), next: Cursor.optional() });
export type DanmakuPage = z.infer<typeof DanmakuPage>;
