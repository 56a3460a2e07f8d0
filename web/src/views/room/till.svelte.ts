import type { Session } from '../../live/session.svelte.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';
import type { Counter } from './counter.ts';

/** Where a room is paid: its parts come in their own chunks, after the picture. */
export class Till {
  counter = $state.raw<Counter>();
  isCartOpen = $state(false);
  readonly #session: Session;
  readonly #socket: LiveSocket;
  #coming: Promise<Counter> | undefined;
  #isOver = false;

  constructor(session: Session, socket: LiveSocket) {
    this.#session = session;
    this.#socket = socket;
  }

  /** Whether something of it stands in the panel's place. */
  get isOpen(): boolean {
    return this.isCartOpen || this.counter?.checkout.isOpen === true;
  }

  /** Cart, addresses and checkout, once they are here. Rejects when they cannot be loaded; asked again, it tries again. */
  open(): Promise<Counter> {
    this.#coming ??= import('./counter.ts').then(
      ({ openCounter }) => {
        const counter = openCounter(this.#session, this.#socket);
        if (this.#isOver) counter.close();
        this.counter = counter;
        return counter;
      },
      (fault: unknown) => {
        this.#coming = undefined;
        throw fault;
      },
    );
    return this.#coming;
  }

  /** One layer back: the checkout, else the cart. False when nothing was open. */
  leave(): boolean {
    if (this.counter?.checkout.isOpen) this.counter.checkout.leave();
    else if (this.isCartOpen) this.isCartOpen = false;
    else return false;
    return true;
  }

  close(): void {
    this.#isOver = true;
    this.counter?.close();
  }
}
