import { expect, test } from 'vitest';
import { AccountId } from '#contract/ids.ts';
import { createPseudonyms } from './pseudonyms.ts';
import { memoryIdentityStore } from './store.memory.ts';

const [aki, bo] = [AccountId.parse('acc_aki'), AccountId.parse('acc_bo')];

test('[M-P5] a pseudonym is one for a person and scope in every process, and tells nothing about another scope', async () => {
  const store = memoryIdentityStore();
  const [here, there] = [createPseudonyms(store, () => 0), createPseudonyms(store, () => 0)];
  expect(await here(aki, 'drop_1')).toMatch(/^[\w-]{22}$/);
  expect(await there(aki, 'drop_1')).toBe(await here(aki, 'drop_1'));
  const names = [await here(aki, 'drop_1'), await here(aki, 'drop_2'), await here(bo, 'drop_1')];
  expect(new Set(names).size).toBe(3);
});

test('[M-P5] once the key is destroyed nobody finds the way back, a minute later at most', async () => {
  let now = 0;
  const name = createPseudonyms(memoryIdentityStore(), () => now);
  const erased = createPseudonyms(memoryIdentityStore(), () => now);
  expect(await erased(aki, 'drop_1')).not.toBe(await name(aki, 'drop_1'));

  const store = memoryIdentityStore();
  const keys = ['first', 'second'];
  const forgetful = createPseudonyms(
    { ...store, pseudonymKey: async () => keys.shift() ?? 'none' },
    () => now,
  );
  const before = await forgetful(aki, 'drop_1');
  now = 59_999;
  expect(await forgetful(aki, 'drop_1')).toBe(before);
  now = 60_000;
  expect(await forgetful(aki, 'drop_1')).not.toBe(before);
});
