import type { ProductView } from '#contract/catalog.ts';
import { wordsForFault } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';
import type { Announcer } from '../../ui/announcer.svelte.ts';
import type { RoomFace } from './room-face.ts';
import type { StageDesk } from './stage-desk.svelte.ts';

/** One press pins or takes down; the last of these can be undone. */
export class Pins {
  readonly #room: RoomFace;
  readonly #desk: StageDesk;
  readonly #announcer: Announcer;
  #undo: (() => Promise<void>) | undefined;

  constructor(room: RoomFace, desk: StageDesk, announcer: Announcer) {
    this.#room = room;
    this.#desk = desk;
    this.#announcer = announcer;
  }

  /** Does an act; a refusal is told in words. */
  attempt(act: () => Promise<void>): void {
    act().catch((fault: unknown) => this.#announcer.toast(wordsForFault(fault)));
  }

  pin({ productId, title }: ProductView): void {
    const before = this.#room.pinned?.product.productId;
    this.attempt(async () => {
      await this.#desk.pin(productId);
      this.#offerUndo(m.pinned_said({ title }), () => (before ? this.#desk.pin(before) : this.#desk.unpin()));
    });
  }

  unpin(): void {
    const before = this.#room.pinned?.product;
    if (!before) return;
    this.attempt(async () => {
      await this.#desk.unpin();
      this.#offerUndo(m.control_unpinned_said({ title: before.title }), () =>
        this.#desk.pin(before.productId),
      );
    });
  }

  /** Takes the last press back, once. */
  undo(): void {
    const act = this.#undo;
    this.#undo = undefined;
    if (act) this.attempt(act);
  }

  #offerUndo(words: string, act: () => Promise<void>): void {
    this.#undo = act;
    this.#announcer.toast(words, { label: m.control_undo(), act: () => this.undo() });
  }
}
