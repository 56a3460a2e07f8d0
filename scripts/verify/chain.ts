import { digestOf, genesis, hashOf, type RecordedEntry, type Seal } from '#server/payments/index.ts';
import { type Difference, unlessEqual } from './difference.ts';

/** Follows the chain of seals, one after the other, with the entries that each holds. */
export class ChainCheck {
  #number = 1;
  #first = 1;
  #previous = genesis;
  readonly #sealed = new Set<string>();
  #notMarked: string[] = [];

  /** How many entries the seals so far hold. */
  get sealed(): number {
    return this.#first - 1;
  }

  /** What is wrong with the next seal, and with the entries it holds. */
  next(seal: Seal, entries: readonly RecordedEntry[]): Difference[] {
    const where = `seal ${seal.number}`;
    const found = [
      ...unlessEqual(`${where}: its number`, seal.number, this.#number),
      ...unlessEqual(`${where}: number of its first entry`, seal.first, this.#first),
      ...unlessEqual(`${where}: hash of the one before`, seal.previous, this.#previous),
      ...unlessEqual(`${where}: digests`, seal.digests.length, seal.causes.length),
      ...unlessEqual(`${where}: its hash`, seal.hash, hashOf(seal)),
      ...this.#marksLeft(),
    ];
    const stored = new Map(entries.map((entry) => [entry.causeId, entry]));
    for (const [index, causeId] of seal.causes.entries()) {
      const entry = stored.get(causeId);
      const sealed = seal.digests[index] ?? '';
      const differs = (isStored: string, recomputed: string) =>
        found.push({
          where: `journal ${causeId}, entry ${seal.first + index}`,
          stored: isStored,
          recomputed,
        });
      if (this.#sealed.has(causeId)) differs('sealed twice', 'once');
      this.#sealed.add(causeId);
      const digest = entry && digestOf(entry);
      if (digest === undefined) differs('missing', `sealed as ${sealed}`);
      else if (digest !== sealed) differs(`content ${digest}`, `content ${sealed}`);
      if (entry?.isSealed === false) this.#notMarked.push(causeId);
    }
    this.#number = seal.number + 1;
    this.#first = seal.first + seal.causes.length;
    this.#previous = seal.hash;
    return found;
  }

  /** Entries that say they are sealed and that no seal holds. Call it after the last seal. */
  stray({ causeId, isSealed }: Pick<RecordedEntry, 'causeId' | 'isSealed'>): Difference[] {
    if (this.#sealed.has(causeId) || !isSealed) return [];
    return [{ where: `journal ${causeId}`, stored: 'marked as sealed', recomputed: 'in no seal' }];
  }

  /** A dead sealer leaves marks of the last seal to be made; those of earlier ones were made before the next. */
  #marksLeft(): Difference[] {
    const left = this.#notMarked;
    this.#notMarked = [];
    return left.map((causeId) => ({
      where: `journal ${causeId}`,
      stored: 'not marked as sealed',
      recomputed: 'in a seal before the last',
    }));
  }
}
