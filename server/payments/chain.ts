import { hash } from 'node:crypto';
import type { RecordedEntry, Seal } from './seals.ts';

/** What stands before the first seal. */
export const genesis = '0'.repeat(64);

/** SHA-256 over an entry's content in one fixed form: cause, instants, note, and each leg in its order. */
export function digestOf({ causeId, at, recordedAt, note, legs }: RecordedEntry): string {
  const parts: (string | number)[] = [causeId, at, recordedAt, note];
  for (const { account, amount } of legs) parts.push(account, amount.amount, amount.currency);
  return hash('sha256', JSON.stringify(parts));
}

/** SHA-256 over all of a seal but its hash. */
export const hashOf = ({ number, first, at, previous, causes, digests }: Omit<Seal, 'hash'>): string =>
  hash('sha256', JSON.stringify([number, first, at, previous, causes, digests]));

/** The seal that comes after another and holds these entries. */
export function sealAfter(last: Seal | undefined, entries: readonly RecordedEntry[], at: number): Seal {
  const seal = {
    number: (last?.number ?? 0) + 1,
    first: last === undefined ? 1 : last.first + last.causes.length,
    at,
    previous: last?.hash ?? genesis,
    causes: entries.map(({ causeId }) => causeId),
    digests: entries.map(digestOf),
  };
  return { ...seal, hash: hashOf(seal) };
}
