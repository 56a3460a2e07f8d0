import type { PersonId, StreamId } from '#contract/ids.ts';

/** A message for a room. `durable` ones are numbered and kept; of `passing` ones the newest of a type wins. */
export type RoomMessage = { kind: 'durable' | 'passing'; t: string; d: unknown; lane?: 'control' | 'chat' };

/** How slices speak to browsers, whichever process holds the sockets. */
export interface LiveRooms {
  /**
   * Publishes messages of one room in order. Durable ones get the room's next numbers in one atomic step with the
   * room's log; the promise holds when Redis has them. Lane `chat` waits for the tick, `control` (default) flushes.
   */
  tellRoom(streamId: StreamId, messages: readonly RoomMessage[]): Promise<void>;
  /** Tells every socket of a person, in and out of rooms; lost when none is open. */
  tellPerson(personId: PersonId, t: string, d: unknown): Promise<void>;
}
