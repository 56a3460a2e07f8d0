type Waiting<Ask, Reply> = {
  ask: Ask;
  resolve: (reply: Reply | PromiseLike<Reply>) => void;
  reject: (fault: unknown) => void;
};

/**
 * Gathers what one turn of the event loop asks and hands it over at once. While `lanes` runs are under way or
 * `mayRun` says no, asks gather into larger runs, of at most `size`. A run answers each ask with a reply or with a
 * promise of one, so quick replies need not wait for slow ones.
 */
export class Batcher<Ask, Reply> {
  readonly #run: (asks: Ask[]) => Promise<(Reply | PromiseLike<Reply>)[]>;
  readonly #options: { size: number; lanes: number; mayRun: () => boolean };
  #waiting: Waiting<Ask, Reply>[] = [];
  #underWay = 0;
  #isArmed = false;

  constructor(
    run: (asks: Ask[]) => Promise<(Reply | PromiseLike<Reply>)[]>,
    options: { size: number; lanes: number; mayRun: () => boolean },
  ) {
    this.#run = run;
    this.#options = options;
  }

  add(ask: Ask): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#waiting.push({ ask, resolve, reject });
    this.wake();
    return promise;
  }

  /** Looks whether something may run now. */
  wake(): void {
    if (this.#isArmed || this.#waiting.length === 0) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      while (this.#waiting.length > 0 && this.#underWay < this.#options.lanes && this.#options.mayRun())
        this.#start(this.#waiting.splice(0, this.#options.size));
    });
  }

  #start(batch: Waiting<Ask, Reply>[]): void {
    this.#underWay += 1;
    this.#run(batch.map(({ ask }) => ask))
      .then(
        (replies) => {
          batch.forEach(({ resolve, reject }, index) => {
            const reply = replies[index];
            if (reply === undefined) reject(new Error('a run without a reply'));
            else resolve(reply);
          });
        },
        (fault: unknown) => {
          for (const { reject } of batch) reject(fault);
        },
      )
      .finally(() => {
        this.#underWay -= 1;
        this.wake();
      });
  }
}
