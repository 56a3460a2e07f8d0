import type { Quote } from '#contract/checkout.ts';
import type { Money } from '#contract/money.ts';

const rearmMs = 1000;

/** Keeps the price that a buyer saw against the one that stands there now, and Pay off for a second after a change. */
export class TotalWatch {
  /** A price that changed without the buyer's doing: what stood there, and what stands there now. */
  change = $state.raw<{ was: Money; now: Money }>();
  /** False for a second after the total on the button changed. */
  isArmed = $state(true);
  #shown: Money | undefined;

  /** Other goods: nothing has been shown of them. */
  restart(): void {
    this.change = undefined;
    this.#shown = undefined;
  }

  /**
   * Takes what the server says. `seen`: the goods' price that stood on the card or in the cart; `shown`: the total that
   * stood on the button; nothing, where the buyer asked for something else.
   */
  take({ totals: { goods, total } }: Quote, to: 'seen' | 'shown' | undefined, seen: Money | undefined): void {
    const was = to === 'seen' ? seen : to === 'shown' ? this.#shown : undefined;
    const now = to === 'seen' ? goods : total;
    if (was && was.currency === now.currency && was.amount !== now.amount) this.change = { was, now };
    else if (to === undefined) this.change = undefined;
    const isOther = this.#shown !== undefined && this.#shown.amount !== total.amount;
    this.#shown = total;
    if (!isOther && !this.change) return;
    this.isArmed = false;
    setTimeout(() => {
      this.isArmed = true;
    }, rearmMs);
  }
}
