import { expect, test } from 'vitest';
import { VendorId } from '#contract/ids.ts';
import { mayGoLive, preflight, type Readiness } from './preflight.ts';

const aki = VendorId.parse('vnd_aki');
const ben = VendorId.parse('vnd_ben');
const ready: Readiness = {
  hasPicture: true,
  hasSound: true,
  showcase: [{ vendorId: aki }],
  approvedVendorIds: new Set([aki]),
  payouts: new Map([[aki, 'active']]),
};
const stateOf = (change: Partial<Readiness>, name: string) =>
  preflight({ ...ready, ...change }).find((check) => check.name === name)?.state;

test('[M-R1] with everything ready the stream may go on air', () => {
  const checks = preflight(ready);
  expect(checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect(mayGoLive(checks)).toBe(true);
});

test('[M-R1] without a picture or a microphone it may not', () => {
  expect(mayGoLive(preflight({ ...ready, hasPicture: false }))).toBe(false);
  expect(mayGoLive(preflight({ ...ready, hasSound: false }))).toBe(false);
});

test('an empty showcase, a vendor without approval and missing payouts warn, and keep nobody off air', () => {
  expect(stateOf({ showcase: [] }, 'showcase')).toBe('warn');
  expect(stateOf({ approvedVendorIds: new Set() }, 'vendors')).toBe('warn');
  expect(stateOf({ payouts: new Map([[aki, 'incomplete']]) }, 'payouts')).toBe('warn');
  expect(mayGoLive(preflight({ ...ready, showcase: [], approvedVendorIds: new Set() }))).toBe(true);
});

test('payouts of a vendor that only the vendor may see are not told as fine', () => {
  const both = { showcase: [{ vendorId: aki }, { vendorId: ben }] };
  expect(stateOf(both, 'payouts')).toBe('unknown');
  expect(stateOf({ ...both, payouts: new Map([[ben, 'not-connected']]) }, 'payouts')).toBe('warn');
});
