/** A peer's place: viewing session in room. */
export type Hold = { roomId: string; sessionId: string };

type Entry<Owner> = { seat: Hold; owner?: Owner; timer?: NodeJS.Timeout };

const keyOf = ({ roomId, sessionId }: Hold): string => `${roomId}\n${sessionId}`;

/** Which server speaks for which peer. A peer nobody speaks for is given up after a while. */
export class OwnerBook<Owner> implements Disposable {
  readonly #entries = new Map<string, Entry<Owner>>();
  readonly #orphanMs: number;
  readonly #giveUp: (seat: Hold) => void;

  constructor(orphanMs: number, giveUp: (seat: Hold) => void) {
    this.#orphanMs = orphanMs;
    this.#giveUp = giveUp;
  }

  /** The owner speaks for the peer from now on, whoever did before. */
  take({ roomId, sessionId }: Hold, owner: Owner): void {
    const seat = { roomId, sessionId };
    clearTimeout(this.#entries.get(keyOf(seat))?.timer);
    this.#entries.set(keyOf(seat), { seat, owner });
  }

  ownerOf(seat: Hold): Owner | undefined {
    return this.#entries.get(keyOf(seat))?.owner;
  }

  /** Nobody speaks for the peer any more: its last seconds run. */
  orphan(seat: Hold): void {
    const entry = this.#entries.get(keyOf(seat));
    if (entry === undefined) return;
    delete entry.owner;
    this.#startDying(entry);
  }

  /** The owner is out of reach: its peers' last seconds run, unless it comes back. */
  orphanAll(owner: Owner): void {
    for (const entry of this.#entries.values()) if (entry.owner === owner) this.#startDying(entry);
  }

  /** The owner is back, and so are the peers nobody took meanwhile. */
  reclaimAll(owner: Owner): void {
    for (const { seat, owner: holder } of this.#entries.values())
      if (holder === owner) this.take(seat, owner);
  }

  #startDying(entry: Entry<Owner>): void {
    entry.timer ??= setTimeout(() => {
      this.#entries.delete(keyOf(entry.seat));
      this.#giveUp(entry.seat);
    }, this.#orphanMs);
  }

  forget(seat: Hold): void {
    clearTimeout(this.#entries.get(keyOf(seat))?.timer);
    this.#entries.delete(keyOf(seat));
  }

  forgetRoom(roomId: string): void {
    for (const { seat } of this.#entries.values()) if (seat.roomId === roomId) this.forget(seat);
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
  }
}
