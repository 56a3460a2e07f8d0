import { expect, test } from 'vitest';
import { isOfService, ServiceCheck } from './service.ts';

const one = (causeId: string, amount = 3000, at = 10, currency = 'USD') => ({
  causeId,
  amount,
  currency,
  at,
});
const list = [one('charge:ch_1'), one('refund:re_1', -1000), one('transfer:tr_1', -2850)];
const check = (entries: typeof list, objects = list): string[] => {
  const service = new ServiceCheck(objects, 100);
  return [...entries.flatMap((entry) => service.next(entry)), ...service.left()].map(
    ({ where, stored, recomputed }) => `${where}: ${stored}, ${recomputed}`,
  );
};

test('[RULE-3] a list whose objects all have their entries leaves no difference', () => {
  expect(check(list)).toEqual([]);
});

test('[RULE-3] an object without entry, an entry without object, another amount and another currency are named', () => {
  expect(check(list.slice(1))).toEqual(['payment service charge:ch_1: 3000 USD, not in the journal']);
  expect(check([...list, one('reversal:trr_1', 5)])).toEqual([
    'payment service reversal:trr_1: not in its list, 5 USD in the journal',
  ]);
  expect(check([one('charge:ch_1', 3001), ...list.slice(1)])).toEqual([
    'payment service charge:ch_1: 3000 USD, 3001 USD in the journal',
  ]);
  expect(check([one('charge:ch_1', 3000, 10, 'EUR'), ...list.slice(1)])).toHaveLength(1);
});

test('[RULE-3] what is on its way between the two is no difference yet', () => {
  expect(check([...list, one('charge:ch_2', 1, 101)], [...list, one('refund:re_2', -1, 101)])).toEqual([]);
});

test('entries of sales and returns are of no object', () => {
  expect(['charge:x', 'dispute-won:x', 'refund-failed:x'].every(isOfService)).toBe(true);
  expect(['sale:x', 'return:x', 'return-failed:x'].some(isOfService)).toBe(false);
});
