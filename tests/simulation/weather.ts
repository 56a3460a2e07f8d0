import type { Dice } from './dice.ts';

/** How the world treats one run: latencies, losses and deaths, thrown anew for each seed. */
export type Weather = {
  /** No more faults from now on: what is left must settle. */
  calm(): void;
  /** Milliseconds to the record and back. */
  store(): number;
  /** Milliseconds over the network. */
  network(): number;
  /** What becomes of a call to the payment service. */
  call(): 'fine' | 'lost' | 'busy' | 'answer-lost' | 'late' | 'stored';
  /** Whether the process dies at this step. */
  death(): boolean;
  /** Whether the record is out of reach for this step, before or after it is done. */
  recordFault(): 'none' | 'before' | 'after';
  /** How a copy of a webhook travels: milliseconds to each delivery, none when it is lost. */
  deliveries(): number[];
  /** Whether a wake, or an answer to a browser, is lost. */
  loss(): boolean;
  coin(): boolean;
};

/** Weather of a seed's dice: one run in five is calm, one in five stormy. */
export function weatherOf(dice: Dice): Weather {
  let strength = dice.pick([0, 1, 1, 1, 4]);
  const slow = dice.pick([0, 0.002, 0.01]);
  const spread = dice.pick([1, 3, 30]);
  const is = (probability: number): boolean => strength > 0 && dice.chance(probability * strength);
  return {
    calm() {
      strength = 0;
    },
    store: () =>
      strength > 0 && dice.chance(slow) ? dice.pick([100, 2000, 20_000, 65_000]) : dice.below(spread),
    network: () => (is(0.01) ? dice.pick([500, 5000]) : 1 + dice.below(3 * spread)),
    call() {
      if (!is(0.03)) return 'fine';
      return dice.pick(['lost', 'busy', 'answer-lost', 'answer-lost', 'late', 'stored']);
    },
    death: () => is(0.0008),
    recordFault: () => (is(0.0008) ? dice.pick(['before', 'after']) : 'none'),
    deliveries() {
      const first = is(0.1) ? dice.pick([2000, 30_000, 900_000]) : dice.below(200);
      if (is(0.1)) return [];
      return is(0.15) ? [first, first + dice.below(5000)] : [first];
    },
    loss: () => is(0.05),
    coin: () => dice.chance(0.5),
  };
}
