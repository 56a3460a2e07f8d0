import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { JournalEntry } from '#server/payments/core/journal.ts';
import { memoryLedger } from '#server/payments/journal.memory.ts';
import { mongoJournal } from '#server/payments/journal.mongo.ts';
import { paymentMigrations } from '#server/payments/migrations.ts';
import { sealJournal } from '#server/payments/sealing.ts';
import { mongoSeals } from '#server/payments/seals.mongo.ts';
import type { RecordedEntry, Seal, SealBook } from '#server/payments/seals.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { ChainCheck } from '../../scripts/verify/chain.ts';
import type { Difference } from '../../scripts/verify/difference.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
await migrate(mongo, paymentMigrations);
afterAll(() => closeMongo(mongo));

let now = Date.parse('2026-03-01T12:00:00Z');
const clock = {
  now: () => {
    now += 1;
    return now;
  },
  isTrusted: () => true,
};
const entryOf = (amount = 3000): JournalEntry => ({
  causeId: `charge:${randomUUID()}`,
  at: now,
  legs: [
    { account: 'payment-service', amount: { amount, currency: 'USD' } },
    { account: 'order:ord_1', amount: { amount: -amount, currency: 'USD' } },
  ],
  note: 'paid by the buyer',
});
const seal = (seals: SealBook, failpoint: (name: string) => void | Promise<void> = () => {}) =>
  sealJournal({ seals, clock, failpoint });
const chainOf = (seals: SealBook) => Array.fromAsync(seals.all());
const sealedOf = async (seals: SealBook) => (await chainOf(seals)).flatMap(({ causes }) => causes);

describe.each([
  ['memory', () => memoryLedger(clock)],
  ['mongo', () => ({ journal: mongoJournal(mongo, clock), seals: mongoSeals(mongo) })],
])('the seals of the %s journal', (_technology, open) => {
  const { journal, seals } = open();
  const write = async (count: number) => {
    const entries = Array.from({ length: count }, () => entryOf());
    for (const entry of entries) await journal.append(entry);
    return entries.map(({ causeId }) => causeId);
  };

  test('[I15] entries are numbered and chained in batches, in the order they were written, each once', async () => {
    const causes = await write(7);
    expect((await seals.unsealed(3)).map(({ causeId }) => causeId)).toEqual(causes.slice(0, 3));
    expect(await seal(seals)).toBe(7);
    const more = await write(2);
    expect(await seal(seals)).toBe(2);
    expect(await seal(seals)).toBe(0);
    const chain = await chainOf(seals);
    expect(chain.map(({ number, first }) => [number, first])).toEqual([
      [1, 1],
      [2, 8],
    ]);
    expect(chain.flatMap((one) => one.causes)).toEqual([...causes, ...more]);
    expect(chain[1]?.previous).toBe(chain[0]?.hash);
    expect(await seals.last()).toEqual(chain[1]);
    expect(await seals.unsealed(10)).toEqual([]);
    const stored = await seals.entriesOf(causes);
    expect(stored.map(({ causeId }) => causeId).toSorted()).toEqual(causes.toSorted());
    expect(stored.every(({ isSealed }) => isSealed)).toBe(true);
  });

  test('[I15] two seals of one number cannot be', async () => {
    const last = await seals.last();
    if (last === undefined) throw new Error('no seal yet');
    expect(await seals.insert({ ...last, causes: [], digests: [] })).toBe(false);
    expect(await seals.last()).toEqual(last);
  });

  test('[I15] [F1] a sealer that dies between a seal and its marks leaves nothing to be sealed twice', async () => {
    const causes = await write(3);
    const dies = seal(seals, (name) => {
      if (name === 'payments.seal:written') throw new Error('died');
    });
    await expect(dies).rejects.toThrow('died');
    expect(await seals.unsealed(10)).toHaveLength(3);
    const more = await write(1);
    expect(await seal(seals)).toBe(1);
    const sealed = await sealedOf(seals);
    expect(sealed.slice(-4)).toEqual([...causes, ...more]);
    expect(new Set(sealed).size).toBe(sealed.length);
    expect(await seals.unsealed(10)).toEqual([]);
  });

  test('[I15] sealers that race while entries come seal each entry once, in one chain without a fork', async () => {
    const before = (await sealedOf(seals)).length;
    const writing = (async () => {
      for (let round = 0; round < 40; round += 1) await write(1);
    })();
    // Each stops between reading and writing, so that the others get in between.
    const between = () => new Promise<void>((resolve) => setImmediate(resolve));
    const racers = Array.from({ length: 4 }, async () => {
      for (let round = 0; round < 10; round += 1) await seal(seals, between);
    });
    await Promise.all([writing, ...racers]);
    await seal(seals);
    const sealed = await sealedOf(seals);
    expect(sealed).toHaveLength(before + 40);
    expect(new Set(sealed).size).toBe(sealed.length);
    const chain = await chainOf(seals);
    for (const [index, { number, first, previous }] of chain.entries()) {
      const earlier = chain[index - 1];
      expect(number).toBe(index + 1);
      if (earlier) expect([first, previous]).toEqual([earlier.first + earlier.causes.length, earlier.hash]);
    }
  });

  test('[I15] what is read back is what was sealed, and a byte flipped in any of 100 random places is found', async () => {
    const chain = await chainOf(seals);
    const stored = await Array.fromAsync(seals.entries());
    expect(differencesOf(chain, stored)).toEqual([]);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const dice = fc.sample(fc.nat(1_000_000), { seed, numRuns: 400 });
    const roll = (sides: number) => (dice.shift() ?? 0) % sides;
    for (let round = 0; round < 100; round += 1) {
      const copy = structuredClone({ chain, stored });
      const documents: object[] = roll(2) === 0 ? [...copy.chain] : [...copy.stored];
      const places = leavesOf(documents[roll(documents.length)]).filter(({ key }) => key !== 'isSealed');
      const { holder = {}, key = '' } = places[roll(places.length)] ?? {};
      const text = Buffer.from(String(holder[key]));
      const at = roll(text.length);
      text[at] = (text[at] ?? 0) ^ 1;
      holder[key] = typeof holder[key] === 'number' ? Number(text.toString()) : text.toString();
      expect(differencesOf(copy.chain, copy.stored), `seed ${seed}, round ${round}: ${key}`).not.toEqual([]);
    }
  });
});

function differencesOf(chain: readonly Seal[], stored: readonly RecordedEntry[]): Difference[] {
  const check = new ChainCheck();
  const byCause = new Map(stored.map((entry) => [entry.causeId, entry]));
  const found = chain.flatMap((seal) =>
    check.next(
      seal,
      seal.causes.flatMap((causeId) => byCause.get(causeId) ?? []),
    ),
  );
  return [...found, ...stored.flatMap((entry) => check.stray(entry))];
}

type Leaf = { holder: Record<string, unknown>; key: string };
const leavesOf = (value: unknown): Leaf[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'object' ? leavesOf(inner) : [{ holder: value as Record<string, unknown>, key }],
      );
