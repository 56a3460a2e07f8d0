import { sealAfter } from './chain.ts';
import type { Payments } from './parts.ts';

const batchSize = 500;

/**
 * Numbers and chains what no seal holds yet, in batches. Any number of sealers may run: the number of a seal is its
 * id, and each marks what the last seal holds before it looks for more, so a sealer that died between writing a seal
 * and marking its entries leaves nothing to be sealed twice. Returns how many entries it sealed.
 */
export async function sealJournal({
  seals,
  clock,
  failpoint,
}: Pick<Payments, 'seals' | 'clock' | 'failpoint'>): Promise<number> {
  let sealed = 0;
  for (;;) {
    if ((await seals.unsealed(1)).length === 0) return sealed;
    const last = await seals.last();
    if (last) await seals.mark(last.causes);
    const entries = await seals.unsealed(batchSize);
    if (entries.length === 0) return sealed;
    const seal = sealAfter(last, entries, clock.now());
    await failpoint('payments.seal:read');
    if (!(await seals.insert(seal))) continue;
    await failpoint('payments.seal:written');
    await seals.mark(seal.causes);
    sealed += entries.length;
  }
}
