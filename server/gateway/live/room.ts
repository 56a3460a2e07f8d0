import type { Position } from '#contract/envelope.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Batch } from './history.ts';
import { bundle, type Flush, RoomLane } from './lanes.ts';
import type { LiveSession } from './session.ts';

/** Members of one room in this process, and those about to be: they miss nothing between snapshot and first frame. */
export class HubRoom {
  readonly streamId: StreamId;
  readonly members = new Set<LiveSession>();
  readonly #joining = new Map<LiveSession, Flush[]>();
  readonly #lane: RoomLane;
  readonly #resync: (session: LiveSession) => void;

  constructor(streamId: StreamId, resync: (session: LiveSession) => void) {
    this.streamId = streamId;
    this.#resync = resync;
    this.#lane = new RoomLane((flush) => this.#carry(flush));
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.#joining.size === 0;
  }

  take(batch: Batch): void {
    if (this.#lane.take(batch)) this.#lane.flush();
  }

  tick(): void {
    this.#lane.flush();
  }

  /** From now on frames are kept for this session, until {@link admit}. */
  hold(session: LiveSession): void {
    this.members.delete(session);
    this.#joining.set(session, []);
  }

  /** Sends what came while the session was joining and is not in its snapshot, then lets it read along. */
  admit(session: LiveSession, position: Position): void {
    const kept = this.#joining.get(session) ?? [];
    this.#joining.delete(session);
    this.members.add(session);
    for (const flush of kept) if (flush.s >= position.s) session.sendText(bundle(flush.frames));
  }

  drop(session: LiveSession): void {
    this.#joining.delete(session);
    this.members.delete(session);
  }

  #carry(flush: Flush): void {
    const now = performance.now();
    for (const kept of this.#joining.values()) kept.push(flush);
    for (const session of this.members) if (session.carry(this.streamId, flush, now)) this.#resync(session);
  }
}
