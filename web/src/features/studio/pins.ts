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
    this.#act(
      this.#desk.pin(productId),
      () => (before ? this.#desk.pin(before) : this.#desk.unpin()),
      m.pinned_said({ title }),
    );
  }

  unpin(): void {
    const before = this.#room.pinned?.product;
    if (!before) return;
    this.#act(
      this.#desk.unpin(),
      () => this.#desk.pin(before.productId),
      m.control_unpinned_said({ title: before.title }),
    );
  }

  /** Takes the last press back, once. */
  undo(): void {
    const act = this.#undo;
    this.#undo = undefined;
    if (act) this.attempt(act);
  }

  /** The room may show an act before its answer is here: an undo pressed by then waits for it. */
  #act(act: Promise<void>, back: () => Promise<void>, words: string): void {
    const undo = async (): Promise<void> => {
      await act;
      await back();
    };
    this.#undo = undo;
    this.attempt(async () => {
      try {
        await act;
      } catch (fault) {
        if (this.#undo === undo) this.#undo = undefined;
        throw fault;
      }
      if (this.#undo === undo)
        this.#announcer.toast(words, { label: m.control_undo(), act: () => this.undo() });
    });
  }
}
