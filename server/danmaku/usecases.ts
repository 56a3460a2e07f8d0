import type { DanmakuLine, DanmakuSnapshot } from '#contract/danmaku.ts';
import { accept, type Result, refuse, refuseUntil } from '#contract/errors.ts';
import { type IdempotencyKey, LineId, type StreamId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { RateLimit } from '../platform/rate-limit.ts';
import type { Rooms } from '../rooms/index.ts';
import { isOpenFor, kindOf } from './core/line.ts';
import { cleanText, judgeText } from './core/text.ts';
import type { DanmakuArchive, DanmakuLog, NewLine } from './store.ts';

/** What danmaku asks of rooms. */
export type RoomsFace = { streams: Pick<Rooms['streams'], 'get'>; streamMs: Rooms['streamMs'] };

export type Parts = {
  log: DanmakuLog;
  archive: DanmakuArchive;
  rooms: RoomsFace;
  live: LiveRooms;
  clock: Clock;
  limits: { account: RateLimit; address: RateLimit };
};

type PostRefusal =
  | 'sign-in-required'
  | 'not-found'
  | 'wrong-stream-state'
  | 'text-empty'
  | 'text-too-long'
  | 'sent-too-fast';

const snapshotLines = 50;
/** After the fast store was lost, numbers go on well above any that was told and not archived. */
const numberGap = 1000;

/** Saying lines, and reading what was said. */
export function danmakuUseCases({ log, archive, rooms, live, clock, limits }: Parts) {
  const say = async (line: NewLine, actor: Actor): Promise<DanmakuLine> => {
    const { streamId } = line;
    const writer = actor.kind === 'account' ? actor.accountId : undefined;
    const said = await log.append(line, writer, async () => {
      const [last] = await archive.last(streamId, 1);
      return last === undefined ? 0 : last.n + numberGap;
    });
    await live.tellRoom(streamId, [{ kind: 'durable', t: 'danmaku.posted', d: said, lane: 'chat' }]);
    return said;
  };

  return {
    streamOf: rooms.streams.get,

    /** Cleans, judges and paces a line, and tells the room. */
    async post(
      input: { streamId: StreamId; text: string; key?: IdempotencyKey | undefined },
      { actor, address }: { actor: Actor; address: string },
    ): Promise<Result<{ line: DanmakuLine }, PostRefusal>> {
      if (actor.kind !== 'account') return refuse('sign-in-required');
      const { streamId, key } = input;
      const stream = await rooms.streams.get(streamId);
      if (stream === undefined) return refuse('not-found');
      if (!isOpenFor(stream.state)) return refuse('wrong-stream-state');
      const text = cleanText(input.text);
      const verdict = judgeText(text);
      if (verdict !== 'fine') return refuse(verdict);
      const waitMs = (await limits.account.take(actor.accountId)) || (await limits.address.take(address));
      if (waitMs > 0) return refuseUntil('sent-too-fast', waitMs);
      const at = new Date(clock.now());
      const line: NewLine = {
        lineId: newId(LineId, 'line'),
        streamId,
        kind: kindOf(actor, stream.channelId),
        handle: actor.handle,
        text,
        streamMs: Math.max(0, Math.round(rooms.streamMs(stream, at))),
        at: at.toISOString(),
        ...(key === undefined ? {} : { key }),
      };
      return accept({ line: await say(line, actor) });
    },

    /** Puts a line of the room itself among the others: what was bought, never by whom. */
    async announce(streamId: StreamId, text: string): Promise<void> {
      const stream = await rooms.streams.get(streamId);
      if (stream === undefined) return;
      const at = new Date(clock.now());
      const line: NewLine = {
        lineId: newId(LineId, 'line'),
        streamId,
        kind: 'order',
        text: cleanText(text),
        streamMs: Math.max(0, Math.round(rooms.streamMs(stream, at))),
        at: at.toISOString(),
      };
      await say(line, { kind: 'anyone' });
    },

    /** The last 50 lines and the likes, from the archive where the fast store has nothing. */
    async snapshot(streamId: StreamId): Promise<DanmakuSnapshot> {
      const [recent, likes] = await Promise.all([log.recent(streamId, snapshotLines), log.likes(streamId)]);
      return {
        lines: recent.length > 0 ? recent : await archive.last(streamId, snapshotLines),
        likes: likes ?? (await archive.likes(streamId)),
      };
    },

    /** Lines said and likes given; lines count once they are archived, a second later at most. */
    async counts(streamId: StreamId): Promise<{ lines: number; likes: number }> {
      const [lines, likes] = await Promise.all([archive.lineCount(streamId), log.likes(streamId)]);
      return { lines, likes: likes ?? (await archive.likes(streamId)) };
    },
  };
}
export type DanmakuUseCases = ReturnType<typeof danmakuUseCases>;
