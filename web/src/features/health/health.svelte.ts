import { HealthView } from '#contract/operations.ts';
import { call } from '../../live/api.ts';

const everyMs = 3000;
const spokenEveryMs = 10_000;

type Read = () => Promise<HealthView>;
const readHealth: Read = () => call('GET', '/health', HealthView);

/** The state of every part, read every 3 s; what was seen last stays when the server itself cannot be reached. */
export class HealthController {
  view = $state.raw<HealthView>();
  /** The server did not answer the last time it was asked. */
  isUnreachable = $state(false);
  readonly #read: Read;
  readonly #say: (names: string[]) => void;
  #spokenAt = Number.NEGATIVE_INFINITY;
  #spoken = '';

  /** `say` is told which parts are down when that changed, at most once in 10 s. */
  constructor(say: (names: string[]) => void, read: Read = readHealth) {
    this.#say = say;
    this.#read = read;
  }

  get downCount(): number {
    const down = this.view?.parts.filter(({ state }) => state === 'down').length ?? 0;
    return this.isUnreachable ? Math.max(1, down) : down;
  }

  async look(now = performance.now()): Promise<void> {
    try {
      this.view = await this.#read();
      this.isUnreachable = false;
    } catch {
      this.isUnreachable = true;
    }
    const names = this.view?.parts.filter(({ state }) => state === 'down').map(({ name }) => name) ?? [];
    if (names.join() === this.#spoken || now - this.#spokenAt < spokenEveryMs) return;
    this.#spoken = names.join();
    this.#spokenAt = now;
    this.#say(names);
  }

  /** Looks until the returned function is called. */
  follow(): () => void {
    void this.look();
    const timer = setInterval(() => void this.look(), everyMs);
    return () => clearInterval(timer);
  }
}
