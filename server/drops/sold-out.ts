import type { Drop } from './core/drop.ts';

const keptMs = 300;
/** Above this many coupons the winners are not copied here, and every claim goes to the arbiter. */
const mostWinners = 20_000;

/**
 * Remembers for at most 300 ms that a drop is sold out under its present rules, and who won: a winner that asks
 * again must not be told "sold out".
 */
export class SoldOutMemory {
  readonly #readWinners: () => Promise<string[]>;
  #rules = '';
  #winners: Set<string> | undefined;
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
      this.#winners = undefined;
      this.#until = 0;
    }
    if (left > 0 || drop.stock > mostWinners) return;
    this.#until = performance.now() + keptMs;
    if (this.#winners === undefined) void this.#read(rules);
  }

  says(drop: Drop, viewer: string): boolean {
    return (
      performance.now() < this.#until &&
      `${drop.epoch}.${drop.rules}` === this.#rules &&
      this.#winners !== undefined &&
      !this.#winners.has(viewer)
    );
  }

  async #read(rules: string): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    // Read after the last unit was taken, the winners are complete.
    const winners = await this.#readWinners().catch(() => undefined);
    this.#isReading = false;
    if (winners && rules === this.#rules) this.#winners = new Set(winners);
  }
}
