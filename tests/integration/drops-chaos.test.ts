import { expect, inject, test } from 'vitest';
import { breakDrops, judge } from '../../scripts/chaos/drops.ts';
import { isClean } from '../../scripts/chaos/report.ts';

const small = () => ({ claims: 160, faults: 2, mongoUri: inject('mongoUri') });

test.each(['kill-server', 'kill-redis', 'flush-redis'] as const)(
  '[M-D1] [S3.8] %s mid-drop, from a seed: every answer a viewer heard stands, exactly the stock is granted, and a planted bug is found',
  async (name) => {
    const report = await breakDrops(name, 20_261, small());
    expect(report).toMatchObject({ operations: 160, acknowledged: 160, faults: 2 });
    expect(isClean(report), JSON.stringify(report)).toBe(true);
    expect(report.controls).toEqual([{ name: expect.any(String), caught: true }]);
  },
  120_000,
);

test('[M-D1] the judge of a run sees each kind of harm', () => {
  const granted = (grantId: string) => ({ dropId: 'drop_1', outcome: 'granted', grant: { grantId } });
  const history = (viewer: string, ...answers: unknown[]) => ({ viewer, key: `key-${viewer}`, answers });
  const see = (histories: unknown[], grants: { grantId: string; viewer: string }[]) =>
    judge(histories as Parameters<typeof judge>[0], grants, { stock: 1, faults: 0 });
  const row = { grantId: 'g-a', viewer: 'a' };
  const gone = { dropId: 'drop_1', outcome: 'sold-out' };
  expect(isClean(see([history('a', granted('g-a')), history('b', gone)], [row]))).toBe(true);
  expect(see([history('a', granted('g-a'))], [])).toMatchObject({ lost: 1, undersold: 1 });
  expect(see([history('a', gone, granted('g-a'))], [row])).toMatchObject({ lost: 1 });
  expect(see([history('a', granted('g-a'))], [row, { grantId: 'g-b', viewer: 'b' }])).toMatchObject({
    oversold: 1,
  });
  expect(see([history('a', granted('g-a'))], [row, { grantId: 'g-a2', viewer: 'a' }])).toMatchObject({
    doubled: 1,
  });
  expect(see([history('a', granted('g-a')), history('b')], [row])).toMatchObject({ unresolved: 1 });
});
