import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Currency } from '#contract/money.ts';
import { type Account, balancesOf, type JournalEntry } from '#server/payments/core/journal.ts';
import { memoryJournal } from '#server/payments/journal.memory.ts';
import { mongoJournal } from '#server/payments/journal.mongo.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { closeMongo, openMongo as connect } from '#server/platform/mongo.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
afterAll(() => closeMongo(mongo));

const entry = (
  causeId: string,
  legs: [Account, number, Currency?][],
  at = Date.parse('2026-03-01T12:00:00Z'),
): JournalEntry => ({
  causeId,
  at,
  legs: legs.map(([account, amount, currency = 'USD']) => ({ account, amount: { amount, currency } })),
  note: 'a note',
});

describe.each([
  ['memory', () => memoryJournal()],
  ['mongo', () => mongoJournal(mongo, clock)],
])('the %s journal', (_technology, open) => {
  const journal = open();
  const cause = () => `charge:${randomUUID()}`;

  test('[M-O11] an entry is written whole and read back as it was', async () => {
    const wanted = entry(cause(), [
      ['payment-service', 3000],
      ['order:ord_1', -3000],
    ]);
    expect(await journal.append(wanted)).toBe('written');
    expect(await journal.entriesOf(wanted.causeId)).toEqual([wanted]);
  });

  test('[RULE-3] of many who write one cause at once one does, and the others change nothing', async () => {
    const wanted = entry(cause(), [
      ['payment-service', 50],
      ['order:ord_race', -50],
    ]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => journal.append(wanted)));
    expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
    expect(await journal.entriesOf(wanted.causeId)).toHaveLength(1);
    const later = { ...wanted, at: wanted.at + 5000, note: 'told again' };
    expect(await journal.append(later)).toBe('known');
    expect(await journal.entriesOf(wanted.causeId)).toEqual([wanted]);
  });

  test('[M-O11] a cause cannot be told differently afterwards, and nothing can be changed or taken away', async () => {
    const wanted = entry(cause(), [
      ['payment-service', 3000],
      ['order:ord_2', -3000],
    ]);
    await journal.append(wanted);
    const other = entry(wanted.causeId, [
      ['payment-service', 2999],
      ['order:ord_2', -2999],
    ]);
    await expect(journal.append(other)).rejects.toThrow('other legs');
    expect(Object.keys(journal).toSorted()).toEqual(['append', 'balances', 'entriesOf']);
  });

  test('[M-O11] legs that do not sum to zero in each currency, that are fractions or alone, are refused', async () => {
    for (const legs of [
      [['payment-service', 3000]],
      [],
      [
        ['payment-service', 3000],
        ['order:ord_3', -2999],
      ],
      [
        ['payment-service', 3000],
        ['order:ord_3', -3000, 'EUR'],
      ],
      [
        ['payment-service', 0.5],
        ['order:ord_3', -0.5],
      ],
    ] as [Account, number, Currency?][][]) {
      const bad = entry(cause(), legs);
      await expect(journal.append(bad)).rejects.toThrow(bad.causeId);
      expect(await journal.entriesOf(bad.causeId)).toEqual([]);
    }
  });

  test('[M-O11] balances are the sums of all entries, by account and currency', async () => {
    const amounts = fc.array(
      fc.tuple(fc.integer({ min: -10_000, max: 10_000 }), fc.constantFrom('JPY', 'KWD')),
      {
        minLength: 5,
        maxLength: 20,
      },
    );
    const [sample = []] = fc.sample(amounts, { numRuns: 1, seed: 7 });
    for (const [amount, currency] of sample)
      await journal.append(
        entry(cause(), [
          ['vendor:vnd_sum', amount, currency],
          ['platform:fees', -amount, currency],
        ]),
      );
    const ofVendor = (list: { account: string; amount: { amount: number; currency: string } }[]) =>
      list
        .filter(({ account }) => account === 'vendor:vnd_sum')
        .toSorted((one, other) => one.amount.currency.localeCompare(other.amount.currency));
    const entries = await journal.entriesOf('');
    expect(ofVendor(await journal.balances())).toEqual(
      ofVendor(balancesOf(entries.flatMap(({ legs }) => [...legs]))),
    );
    const causes = entries.map(({ causeId }) => causeId);
    expect(causes).toEqual(causes.toSorted());
  });
});
