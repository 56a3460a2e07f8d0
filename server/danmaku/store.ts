import type { DanmakuLine } from '#contract/danmaku.ts';
import type { AccountId, StreamId } from '#contract/ids.ts';
import type { Cursor } from './core/line.ts';

/** A line before the room has numbered it. */
export type NewLine = Omit<DanmakuLine, 'n'>;

/** What waits for the archive. The writer's account stays out of what rooms are told. */
export type Waiting =
  | { kind: 'line'; line: DanmakuLine; accountId: AccountId | undefined }
  | { kind: 'likes'; streamId: StreamId; likes: number };

/** Where a room's numbers go on when the fast store has lost them; read from the archive only then. */
type Seed = () => Promise<number>;

/** The fast store of what is said: numbers lines, keeps the last ones, counts likes, and feeds the archive. */
export interface DanmakuLog {
  /**
   * Gives the line the room's next number, keeps it and queues it for the archive, in one step. A line of a key that
   * this account used in the room within two minutes is not said again: the first one is answered.
   */
  append(line: NewLine, writer: AccountId | undefined, seed: Seed): Promise<DanmakuLine>;
  /** The last lines, oldest first. */
  recent(streamId: StreamId, count: number): Promise<DanmakuLine[]>;
  /** Counts taps by account, each account up to `cap` in the room; answers the likes of all. */
  like(streamId: StreamId, taps: ReadonlyMap<AccountId, number>, cap: number, seed: Seed): Promise<number>;
  /** Likes of all; undefined when nobody has tapped since the store was lost. */
  likes(streamId: StreamId): Promise<number | undefined>;
  /**
   * Hands what waits for the archive to `work` in batches; what `work` took is gone, what it failed on or died with
   * comes again after `againMs`. Answers how much it took.
   */
  handOver(work: (batch: Waiting[]) => Promise<void>, againMs: number): Promise<number>;
}

/** The record of what was said. */
export interface DanmakuArchive {
  /** Adds what is not there yet; the same batch twice is the same archive. */
  add(batch: readonly Waiting[]): Promise<void>;
  /** Lines by stream time, then by number, after a cursor or from a stream time on. */
  page(
    streamId: StreamId,
    query: { after?: Cursor | undefined; fromMs?: number | undefined; limit: number },
  ): Promise<DanmakuLine[]>;
  /** The last lines by number, oldest first. */
  last(streamId: StreamId, count: number): Promise<DanmakuLine[]>;
  lineCount(streamId: StreamId): Promise<number>;
  /** Stream time of every line that somebody wrote, in order. */
  moments(streamId: StreamId): Promise<number[]>;
  likes(streamId: StreamId): Promise<number>;
}
