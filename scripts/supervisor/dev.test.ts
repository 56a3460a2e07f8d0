import { expect, test } from 'vitest';
import { partsOf } from './dev.ts';

test.each([
  ['server/drops/usecases.ts', ['server', 'workers', 'media']],
  ['server/drops/lua/claim.lua', ['server', 'workers', 'media']],
  ['media/peer.ts', ['media']],
  ['workers/drops.ts', ['workers']],
  ['server/drops/core/drop.test.ts', []],
  ['server/drops/README.md', []],
])('a change of %s renews %j', (source, parts) => {
  expect(partsOf(source)).toEqual(parts);
});
