import { frameText } from './frames.ts';
import type { Batch } from './history.ts';

/** A frame waiting for the flush. */
type Waiting = { text: string; isEssential: boolean; replaces: string | undefined };

/** One flush of one room: the same bytes for every reader, and fewer for slow ones. */
export type Flush = {
  /** Everything. */
  full: Buffer;
  /** Without chat; undefined when there was nothing but chat. Encoded on first use. */
  essential(): Buffer | undefined;
  /** The room's number after this flush. */
  s: number;
  frames: readonly string[];
};

/**
 * Gathers what arrives for one room, keeps its order, and encodes each flush once. A control batch flushes at once
 * and takes waiting chat with it, so numbers never run backwards; of passing frames the newest of a type wins.
 */
export class RoomLane {
  #waiting: Waiting[] = [];
  #s = 0;
  readonly #flushed: (flush: Flush) => void;
  /** Passing frames that a newer one replaced. */
  merged = 0;

  constructor(flushed: (flush: Flush) => void) {
    this.#flushed = flushed;
  }

  /** Takes a batch; true when it must go out now. */
  take({ lane, s, frames }: Batch): boolean {
    const isEssential = lane === 'control';
    for (const { kind, text } of frames) {
      const replaces = kind === 'passing' ? typeOf(text) : undefined;
      const before =
        replaces === undefined ? -1 : this.#waiting.findIndex((one) => one.replaces === replaces);
      if (before >= 0) {
        this.#waiting.splice(before, 1);
        this.merged += 1;
      }
      this.#waiting.push({ text, isEssential, replaces });
    }
    this.#s = Math.max(this.#s, s);
    return isEssential;
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const essential = waiting.filter(({ isEssential }) => isEssential).map(({ text }) => text);
    const frames = waiting.map(({ text }) => text);
    let lean: Buffer | undefined;
    this.#flushed({
      full: frameText(bundle(frames)),
      essential: () => {
        if (essential.length > 0) lean ??= frameText(bundle(essential));
        return lean;
      },
      s: this.#s,
      frames,
    });
  }
}

/** One frame travels alone, several as an array. */
export const bundle = (frames: readonly string[]): string =>
  frames.length === 1 ? String(frames[0]) : `[${frames.join(',')}]`;

/** The hub writes `t` first into every frame. */
const typeOf = (text: string): string | undefined => /^\{"t":"([^"]+)"/.exec(text)?.[1];
