import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StockCause } from '#contract/catalog.ts';
import { VariantId } from '#contract/ids.ts';
import {
  deltaOf,
  type Entry,
  type Movement,
  numberEntries,
  type Pending,
  sortedLines,
  verdict,
} from './stock.ts';

const variantId = VariantId.parse('var_teapot');

test('only restocks, openings and write-offs change how many units there are', () => {
  const outside = StockCause.options.filter((cause) => {
    const { available, held, sold } = deltaOf(cause, 3);
    return available + held + sold !== 0;
  });
  expect(outside).toEqual(['opening', 'restock', 'write-off', 'write-off-undone', 'return-write-off']);
});

test('lines are merged by variant and sorted, so that all processes lock in one order', () => {
  const [a, b] = [VariantId.parse('var_a'), VariantId.parse('var_b')];
  const line = (id: VariantId, quantity: number) => ({ variantId: id, quantity });
  expect(sortedLines([line(b, 1), line(a, 2), line(b, 3)])).toEqual([line(a, 2), line(b, 4)]);
});

test('whichever entries a dead process left unwritten, they get their own numbers and balances back', () => {
  const causes = fc.array(
    fc.record({
      cause: fc.constantFrom(...StockCause.options),
      quantity: fc.integer({ min: 1, max: 5 }),
      isWritten: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(causes, (list) => {
      let balances = { available: 100, held: 100, sold: 100 };
      const start = list.length;
      const entries = list.map(({ cause, quantity, isWritten }, index): Entry & { isWritten: boolean } => {
        const delta = deltaOf(cause, quantity);
        balances = {
          available: balances.available + delta.available,
          held: balances.held + delta.held,
          sold: balances.sold + delta.sold,
        };
        const id = `${start}-${index}`;
        const words = { id, cause, quantity, reference: 'x', reason: '', at: index };
        return { ...words, ...balances, variantId, version: index + 1, isWritten };
      });
      const unwritten = entries
        .filter(({ isWritten }) => !isWritten)
        .map(({ id, cause, quantity, reference, reason, at }) => ({
          id,
          cause,
          quantity,
          reference,
          reason,
          at,
        }));
      const known = entries.filter(({ isWritten }) => isWritten);
      const row = { ...balances, variantId, version: entries.length, unwritten };
      expect(numberEntries(row, known)).toEqual(
        entries.filter(({ isWritten }) => !isWritten).map(({ isWritten: _, ...entry }) => entry),
      );
    }),
  );
});

const movement: Movement = {
  id: 'ord_1',
  state: 'held',
  rev: 3,
  asking: undefined,
  steps: ['taken'],
  lines: [],
  endsAt: undefined,
  reason: '',
  at: 0,
};
const pending = (step: string, cause: Pending['cause'], rev = 3): Pending => ({
  step,
  movementId: 'ord_1',
  cause,
  quantity: 1,
  rev,
  reason: '',
  at: 0,
});

test('a step stands when the movement names it, and is void when the movement went on without it', () => {
  expect(verdict(pending('taken', 'hold'), movement)).toBe('decided');
  expect(verdict(pending('other', 'hold'), movement)).toBe('void');
  expect(verdict(pending('other', 'hold'), undefined)).toBe('void');
  expect(verdict(pending('end', 'release'), movement)).toBe('open');
  expect(verdict(pending('end', 'release', 2), movement)).toBe('void');
  expect(verdict(pending('end', 'return'), movement)).toBe('void');
  expect(verdict(pending('now', 'hold'), { ...movement, state: 'asking', asking: 'now' })).toBe('open');
});
