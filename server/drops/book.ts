import type { DropId, StreamId } from '#contract/ids.ts';
import type { Drop } from './core/drop.ts';
import type { DropRecord } from './store.ts';

const keptMs = 1000;
const most = 2000;

/**
 * This process's copies of drops, at most a second old and thrown away on word of a change. A stale copy does no
 * harm: the arbiter compares rules and epoch, the record its guard.
 */
export class DropBook {
  readonly #record: DropRecord;
  readonly #drops = new Map<DropId, { drop: Promise<Drop | undefined>; until: number }>();
  readonly #streams = new Map<StreamId, { drops: Promise<Drop[]>; until: number }>();

  constructor(record: DropRecord) {
    this.#record = record;
  }

  get(dropId: DropId): Promise<Drop | undefined> {
    const known = this.#drops.get(dropId);
    if (known && performance.now() < known.until) return known.drop;
    if (this.#drops.size >= most) this.#drops.clear();
    const drop = this.#record.get(dropId);
    this.#drops.set(dropId, { drop, until: performance.now() + keptMs });
    drop.catch(() => this.#drops.delete(dropId));
    return drop;
  }

  /** Reads again, now. */
  fresh(dropId: DropId): Promise<Drop | undefined> {
    this.#drops.delete(dropId);
    return this.get(dropId);
  }

  /** Every drop of a stream, drafts too. */
  ofStream(streamId: StreamId): Promise<Drop[]> {
    const known = this.#streams.get(streamId);
    if (known && performance.now() < known.until) return known.drops;
    if (this.#streams.size >= most) this.#streams.clear();
    const drops = this.#record.ofStream(streamId);
    this.#streams.set(streamId, { drops, until: performance.now() + keptMs });
    drops.catch(() => this.#streams.delete(streamId));
    return drops;
  }

  forget(dropId: DropId): void {
    this.#drops.delete(dropId);
    this.#streams.clear();
  }
}
