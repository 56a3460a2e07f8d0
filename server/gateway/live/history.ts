import type { Position } from '#contract/envelope.ts';
import type { StreamId } from '#contract/ids.ts';

/** `control` goes out at once, `chat` with the next tick. */
export type Lane = 'control' | 'chat';

/** A frame as JSON text; of passing ones the newest of a type wins. */
export type Frame = { kind: 'durable' | 'passing'; text: string };

/** What one message of a room's channel holds; `s` is the room's number after it. */
export type Batch = { lane: Lane; streamId: StreamId; s: number; frames: Frame[] };

/** The numbered history of rooms: what a returning client missed, as far back as it is kept. */
export interface RoomHistory {
  /** The channel on which a room's batches arrive. */
  channelOf(streamId: StreamId): string;
  /** Numbers, keeps and publishes in one step; a room without history starts a fresh epoch. */
  publish(streamId: StreamId, lane: Lane, frames: readonly Frame[]): Promise<Position>;
  /** Where the room stands, or undefined while nothing was ever said in it. */
  position(streamId: StreamId): Promise<Position | undefined>;
  /** The frames after `last` up to `now`, or undefined where they are no longer kept or the epoch differs. */
  since(streamId: StreamId, last: Position, now: Position): Promise<string[] | undefined>;
  /** Reads a message of the channel. */
  read(payload: string): Batch;
}
