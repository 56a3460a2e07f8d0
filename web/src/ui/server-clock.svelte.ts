type Sample = { offset: number; delay: number };

const kept = 8;

/**
 * The server's clock as this page knows it: the offset of the least-delayed round trip. The device's date is never
 * read, so a wrong one changes nothing.
 */
export class ServerClock {
  /** Now on the server, repainted every second for whoever counts down. Milliseconds since 1970. */
  now = $state(0);
  #samples: Sample[] = [];
  #offset = 0;

  /** Takes one round trip: what the server said, and when it was asked and answered on {@link localNow}. */
  sample(serverNow: number, askedAt: number, answeredAt: number): void {
    const sample = { offset: serverNow - (askedAt + answeredAt) / 2, delay: answeredAt - askedAt };
    this.#samples = [...this.#samples, sample].slice(-kept);
    this.#offset = this.#samples.reduce((best, one) => (one.delay < best.delay ? one : best)).offset;
    this.now = this.read();
  }

  get isKnown(): boolean {
    return this.#samples.length > 0;
  }

  /** Now, to the millisecond. */
  read(): number {
    return localNow() + this.#offset;
  }

  /** Ticks once a second until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => {
      this.now = this.read();
    }, 1000);
    return () => clearInterval(timer);
  }

  /** Forgets what was measured before a sleep. */
  restart(): void {
    this.#samples = [];
  }
}

/** Monotonic milliseconds with a fixed start; a change of the device's date does not move it. */
export const localNow = (): number => performance.timeOrigin + performance.now();
