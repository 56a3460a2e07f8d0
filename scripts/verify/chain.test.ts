import { expect, test } from 'vitest';
import { type RecordedEntry, type Seal, sealAfter } from '#server/payments/index.ts';
import { ChainCheck } from './chain.ts';

const entryOf = (index: number): RecordedEntry => ({
  causeId: `charge:ch_${index}`,
  at: 1_770_000_000_000 + index,
  recordedAt: 1_770_000_005_000 + index,
  legs: [
    { account: 'payment-service', amount: { amount: 3000 + index, currency: 'USD' } },
    { account: `order:ord_${index}`, amount: { amount: -3000 - index, currency: 'USD' } },
  ],
  note: 'paid by the buyer',
  isSealed: true,
});
const build = () => {
  const entries = Array.from({ length: 60 }, (_, index) => entryOf(index));
  const seals: Seal[] = [];
  for (let from = 0; from < 60; from += 20)
    seals.push(sealAfter(seals.at(-1), entries.slice(from, from + 20), 1_770_000_010_000 + from));
  return { entries, seals };
};
const check = ({ entries, seals }: ReturnType<typeof build>) => {
  const chain = new ChainCheck();
  const stored = new Map(entries.map((entry) => [entry.causeId, entry]));
  const found = seals.flatMap((seal) =>
    chain.next(
      seal,
      seal.causes.flatMap((causeId) => stored.get(causeId) ?? []),
    ),
  );
  return [...found, ...entries.flatMap((entry) => chain.stray(entry))];
};

test('[I15] an untouched chain leaves no difference, and its marks may lag by one seal', () => {
  expect(check(build())).toEqual([]);
  const { entries, seals } = build();
  expect(check({ entries: entries.map((one, index) => ({ ...one, isSealed: index < 45 })), seals })).toEqual(
    [],
  );
});

test('[I15] an entry put in, taken out or forgotten by its mark, and a seal taken out, are named', () => {
  const { entries, seals } = build();
  expect(check({ entries: [...entries, entryOf(99)], seals })).toMatchObject([
    { where: 'journal charge:ch_99', recomputed: 'in no seal' },
  ]);
  expect(check({ entries: entries.filter((_, index) => index !== 25), seals })).toMatchObject([
    { where: 'journal charge:ch_25, entry 26', stored: 'missing' },
  ]);
  const unmarked = entries.map((one, index) => ({ ...one, isSealed: index !== 3 }));
  expect(check({ entries: unmarked, seals })).toMatchObject([{ where: 'journal charge:ch_3' }]);
  expect(check({ entries, seals: seals.toSpliced(1, 1) })[0]).toMatchObject({ where: 'seal 3: its number' });
  const twice = sealAfter(seals.at(-1), [entryOf(7)], 1_770_000_020_000);
  expect(check({ entries, seals: [...seals, twice] })).toMatchObject([
    { where: 'journal charge:ch_7, entry 61', stored: 'sealed twice' },
  ]);
});

type Leaf = { holder: Record<string, unknown>; key: string };
const leavesOf = (value: unknown): Leaf[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'object' ? leavesOf(inner) : [{ holder: value as Record<string, unknown>, key }],
      );

test('[I15] one flipped bit in any of 100 random places of entries and seals is found 100 of 100', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const dice = (sides: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * sides);
  };
  let found = 0;
  for (let round = 0; round < 100; round += 1) {
    const ledger = structuredClone(build());
    const documents = [...ledger.entries, ...ledger.seals];
    const places = documents.flatMap((one) => leavesOf(one)).filter(({ key }) => key !== 'isSealed');
    const place = places[dice(places.length)];
    if (place === undefined) throw new Error('no place');
    const { holder, key } = place;
    const value = holder[key];
    if (typeof value === 'number') holder[key] = value + 2 ** dice(20) * (dice(2) === 0 ? 1 : -1);
    else {
      const bytes = Buffer.from(String(value));
      const at = dice(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice(7));
      holder[key] = bytes.toString();
    }
    const differences = check(ledger);
    if (differences.length > 0) found += 1;
    expect(differences, `seed ${seed}, round ${round}: ${key} of ${value}`).not.toEqual([]);
  }
  expect(found).toBe(100);
});
