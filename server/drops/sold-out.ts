import type { Drop } from './core/drop.ts';

const keptMs = 300;
/** Above this many coupons the winners are not copied here, and every claim goes to the arbiter. */
const mostWinners = 20_000;

/**
 * Remembers for at most 300 ms that a drop is sold out under its present rules, and who won: a winner that asks
 * again must not be told "sold out". A viewer is answered once; who asks again hears the arbiter's answer, with number
 * and receipt.
 */
export class SoldOutMemory {
  readonly #readWinners: () => Promise<string[]>;
  #rules = '';
  /** Winners, and who was answered already. */
  #others: Set<string> | undefined;
  #isReading = false;
  #until = 0;

  constructor(readWinners: () => Promise<string[]>) {
    this.#readWinners = readWinners;
  }

  /** Takes note of what an answer of the arbiter said. */
  learn(drop: Drop, left: number): void {
    const rules = `${drop.epoch}.${drop.rules}`;
    if (rules !== this.#rules || left > 0) {
      this.#rules = rules;
      this.#others = undefined;
      this.#until = 0;
    }
    if (left > 0 || drop.stock > mostWinners) return;
    this.#until = performance.now() + keptMs;
    if (this.#others === undefined) void this.#read(rules);
  }

  /** Whether this viewer may be told so at once. */
  answers(drop: Drop, viewer: string): boolean {
    const isSo =
      performance.now() < this.#until &&
      `${drop.epoch}.${drop.rules}` === this.#rules &&
      this.#others !== undefined &&
      !this.#others.has(viewer);
    if (isSo) this.#others?.add(viewer);
    return isSo;
  }

  async #read(rules: string): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    // Read after the last unit was taken, the winners are complete.
    const winners = await this.#readWinners().catch(() => undefined);
    this.#isReading = false;
    if (winners && rules === this.#rules) this.#others = new Set(winners);
  }
}
