import type { LineKind } from '#contract/danmaku.ts';
import type { ChannelId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import type { StreamState } from '#contract/rooms.ts';

/** How an actor's lines look in a room: the channel's host and operators are staff there. */
export function kindOf(actor: Actor, channelId: ChannelId): LineKind {
  if (actor.kind !== 'account') return 'viewer';
  const isStaff = actor.roles.some(
    (grant) => grant.role === 'operator' || (grant.role === 'host' && grant.channelId === channelId),
  );
  return isStaff ? 'staff' : 'viewer';
}

/** Whether something can be said in a room whose stream is in this state: before the show and during it. */
export const isOpenFor = (state: StreamState): boolean => state === 'scheduled' || state === 'live';

export type Cursor = { streamMs: number; n: number };

export const writeCursor = ({ streamMs, n }: Cursor): string => `${streamMs}-${n}`;

export function readCursor(cursor: string): Cursor {
  const [streamMs, n] = cursor.split('-');
  return { streamMs: Number(streamMs), n: Number(n) };
}
