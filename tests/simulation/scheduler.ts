import type { Dice } from './dice.ts';

/** Who acts: a process of the house, a buyer, the payment service. What a dead party had begun never goes on. */
export type Party = { name: string; isAlive: boolean };

type Step = { at: number; tie: number; party: Party; what: string; run: () => void };

const startsAt = Date.UTC(2026, 2, 1, 12);

/**
 * Virtual time, and everything that waits in it. One step runs at a time: the earliest, by lot among equals. Product
 * code between two steps is plain computation, so that the dice alone decide a whole run.
 */
export class Scheduler {
  /** Milliseconds since 1970. */
  now = startsAt;
  steps = 0;
  /** What happened, when it is kept: one line a step. */
  readonly history: string[] | undefined;
  readonly dice: Dice;
  readonly #heap: Step[] = [];

  constructor(dice: Dice, isTraced: boolean) {
    this.dice = dice;
    this.history = isTraced ? [] : undefined;
  }

  /** Runs a step of a party after a time, if the party is alive then. */
  after(ms: number, party: Party, what: string, run: () => void): void {
    const step: Step = { at: this.now + ms, tie: this.dice.below(1 << 30), party, what, run };
    this.#heap.push(step);
    this.#up(this.#heap.length - 1);
  }

  /** Resolves after a time; never, when the party dies before. */
  wait(ms: number, party: Party): Promise<void> {
    return new Promise((done) => this.after(ms, party, 'goes on', done));
  }

  /** Adds a line to the history; the words are made only when it is kept. */
  note(who: string, words: () => string): void {
    this.history?.push(`${((this.now - startsAt) / 1000).toFixed(3)} ${who}: ${words()}`);
  }

  /** Runs steps until the condition holds, or none is left. @throws Error after too many steps. */
  async run(isOver: () => boolean, most = 200_000): Promise<void> {
    await quiet();
    for (let count = 0; !isOver(); count += 1) {
      const step = this.#pop();
      if (step === undefined) return;
      if (count > most) throw new Error(`still not settled after ${most} steps`);
      if (!step.party.isAlive) continue;
      this.now = Math.max(this.now, step.at);
      this.steps += 1;
      this.note(step.party.name, () => step.what);
      step.run();
      await quiet();
    }
  }

  #pop(): Step | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    heap[0] = last;
    this.#down();
    return first;
  }

  #up(from: number): void {
    for (let index = from; index > 0; ) {
      const above = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, above)) return;
      index = above;
    }
  }

  #down(): void {
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = this.#isBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    return a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.tie < b.tie));
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const a = this.#heap[child];
    const b = this.#heap[parent];
    if (a === undefined || b === undefined || !this.#isBefore(child, parent)) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}

/** Everything that product code can do without a further step is done. */
const quiet = (): Promise<void> => new Promise((done) => setImmediate(done));
