import { accept, type Result, refuse } from '#contract/errors.ts';
import type { ChannelId, PictureId, ProductId, StreamId } from '#contract/ids.ts';
import type { Currency } from '#contract/money.ts';
import { type StreamState, showcaseLimit } from '#contract/rooms.ts';

/** One broadcast and its room. Instants are milliseconds since 1970. */
export type Stream = {
  streamId: StreamId;
  channelId: ChannelId;
  title: string;
  coverPictureId: PictureId | undefined;
  state: StreamState;
  currency: Currency;
  startsAt: number;
  liveAt: number | undefined;
  endedAt: number | undefined;
  recordingNotice: string | undefined;
  showcase: ProductId[];
  pinned: { productId: ProductId; at: number } | undefined;
  /** Keys of the last pins: a resent one changes nothing. */
  pinKeys: string[];
  version: number;
  createdAt: number;
};

/** What happened to a stream, in the order it happened. */
export type StreamEvent =
  | { kind: 'scheduled' | 'edited' | 'went-live' | 'ended' | 'replay-published' | 'showcase-changed' }
  | { kind: 'pinned' | 'unpinned'; productId: ProductId };

/** A decision: the stream as it becomes, and what that is; no events = nothing changes. */
export type Decision = { stream: Stream; events: StreamEvent[] };

export type Step = 'go-live' | 'end' | 'publish-replay';

/** The transition table: what is missing here is refused. */
const transitions: Record<StreamState, Partial<Record<Step, StreamState>>> = {
  scheduled: { 'go-live': 'live' },
  live: { end: 'ended' },
  ended: { 'publish-replay': 'replay' },
  replay: {},
};

/** Takes a stream one step on. Going live starts stream time, ending takes the pinned product down. */
export function step(stream: Stream, wanted: Step, at: number): Result<Decision, 'wrong-stream-state'> {
  const state = transitions[stream.state][wanted];
  if (state === undefined) return refuse('wrong-stream-state', `This stream is ${stream.state}.`);
  if (state === 'live')
    return accept({ stream: { ...stream, state, liveAt: at }, events: [{ kind: 'went-live' }] });
  if (state !== 'ended')
    return accept({ stream: { ...stream, state }, events: [{ kind: 'replay-published' }] });
  const { events } = unpinned(stream);
  return accept({
    stream: { ...stream, state, endedAt: at, pinned: undefined },
    events: [...events, { kind: 'ended' }],
  });
}

const isOpen = ({ state }: Stream): boolean => state === 'scheduled' || state === 'live';
const unchanged = (stream: Stream): Decision => ({ stream, events: [] });

function unpinned(stream: Stream): Decision {
  if (stream.pinned === undefined) return unchanged(stream);
  const { productId } = stream.pinned;
  return { stream: { ...stream, pinned: undefined }, events: [{ kind: 'unpinned', productId }] };
}

/** Puts the list into a new order; a pinned product that is no longer in it comes down first. */
export function arrange(
  stream: Stream,
  productIds: readonly ProductId[],
): Result<Decision, 'wrong-stream-state' | 'invalid-request'> {
  if (!isOpen(stream)) return refuse('wrong-stream-state');
  const showcase = [...new Set(productIds)];
  if (showcase.length > showcaseLimit) return refuse('invalid-request', `At most ${showcaseLimit} products.`);
  if (showcase.join() === stream.showcase.join()) return accept(unchanged(stream));
  const isPinnedGone = stream.pinned !== undefined && !showcase.includes(stream.pinned.productId);
  const down = isPinnedGone ? unpinned(stream) : unchanged(stream);
  return accept({
    stream: { ...down.stream, showcase },
    events: [...down.events, { kind: 'showcase-changed' }],
  });
}

/** The list with a product at a place: the end, unless told. */
export function withProduct(stream: Stream, productId: ProductId, position?: number): ProductId[] {
  const others = stream.showcase.filter((one) => one !== productId);
  if (position === undefined)
    return stream.showcase.includes(productId) ? stream.showcase : [...others, productId];
  return others.toSpliced(position, 0, productId);
}

const pinKeysKept = 20;

/** Pins a product of the showcase in the place of what was pinned; once for each key. */
export function pin(
  stream: Stream,
  { productId, key }: { productId: ProductId; key: string },
  at: number,
): Result<Decision, 'wrong-stream-state' | 'not-in-showcase'> {
  if (!isOpen(stream)) return refuse('wrong-stream-state');
  if (stream.pinKeys.includes(key) || stream.pinned?.productId === productId)
    return accept(unchanged(stream));
  if (!stream.showcase.includes(productId)) return refuse('not-in-showcase');
  return accept({
    stream: { ...stream, pinned: { productId, at }, pinKeys: [...stream.pinKeys, key].slice(-pinKeysKept) },
    events: [{ kind: 'pinned', productId }],
  });
}

/** Takes the pinned product down; it stays in the showcase. */
export function unpin(stream: Stream): Result<Decision, 'wrong-stream-state'> {
  return isOpen(stream) ? accept(unpinned(stream)) : refuse('wrong-stream-state');
}

export type Edit = {
  title?: string | undefined;
  startsAt?: number | undefined;
  currency?: Currency | undefined;
  coverPictureId?: PictureId | null | undefined;
  recordingNotice?: string | undefined;
};

/** Changes words at any time, the start while scheduled, the currency while nothing is shown. */
export function edit(
  stream: Stream,
  wanted: Edit,
): Result<Decision, 'wrong-stream-state' | 'currency-mismatch'> {
  if (wanted.startsAt !== undefined && wanted.startsAt !== stream.startsAt && stream.state !== 'scheduled')
    return refuse('wrong-stream-state', 'The start of a stream that began stays.');
  const currency = wanted.currency ?? stream.currency;
  if (currency !== stream.currency && (stream.showcase.length > 0 || stream.state !== 'scheduled'))
    return refuse('currency-mismatch', `This stream sells in ${stream.currency}.`);
  const cover = wanted.coverPictureId;
  const next: Stream = {
    ...stream,
    currency,
    title: wanted.title ?? stream.title,
    startsAt: wanted.startsAt ?? stream.startsAt,
    coverPictureId: cover === undefined ? stream.coverPictureId : (cover ?? undefined),
    recordingNotice: wanted.recordingNotice ?? stream.recordingNotice,
  };
  return accept({ stream: next, events: [{ kind: 'edited' }] });
}

/** Stream time of an instant (RULE-6): server time since going live; 0 before. Both in milliseconds. */
export function streamMsOf({ liveAt }: Pick<Stream, 'liveAt'>, at: number): number {
  return liveAt === undefined ? 0 : Math.max(0, Math.round(at - liveAt));
}
