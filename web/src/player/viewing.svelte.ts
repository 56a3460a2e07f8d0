import { Playback } from './playback.svelte.ts';
import type { MediaSignal } from './signal.ts';
import type { Subscriber } from './subscriber.svelte.ts';

/** A viewer's picture and sound. What receives them is loaded when there is something to receive. */
export class Viewing {
  readonly playback = new Playback();
  subscriber = $state.raw<Subscriber>();
  #isWanted = false;

  /** Starts receiving; again changes nothing. */
  async start(signal: MediaSignal): Promise<void> {
    if (this.#isWanted) return;
    this.#isWanted = true;
    const { Subscriber: Receiver } = await import('./subscriber.svelte.ts');
    if (!this.#isWanted) return;
    this.subscriber = new Receiver(signal);
    this.subscriber.start();
  }

  stop(): void {
    this.#isWanted = false;
    this.subscriber?.stop();
    this.subscriber = undefined;
  }
}
