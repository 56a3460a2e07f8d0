import { expect, test } from 'vitest';
import { DeskProduct } from '#contract/catalog.ts';
import { DropDeskView } from '#contract/drops.ts';
import { VendorId } from '#contract/ids.ts';
import { asksFor, weigh } from './approval.ts';

const aki = VendorId.parse('vnd_aki');
const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const product = (id: string, list: number, floor: number) =>
  DeskProduct.parse({
    productId: id,
    vendorId: aki,
    title: id,
    description: '',
    attributes: [],
    isRetired: false,
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
    variants: [
      {
        variantId: `var_${id}`,
        isRetired: false,
        listPrice: usd(list),
        floorPrice: usd(floor),
        stock: { available: 1, held: 0, sold: 0, version: 1 },
      },
    ],
  });
const drop = (change: object = {}) =>
  DropDeskView.parse({
    dropId: 'drop_1',
    streamId: 'stream_1',
    channelId: 'ch_1',
    title: 'Tea tin drop',
    state: 'draft',
    coupon: { kind: 'fixed', amountOff: usd(300) },
    minimumSpend: usd(1200),
    productIds: ['prd_tin'],
    stock: 20,
    left: 20,
    perViewer: 1,
    claimWindowMs: 180_000,
    validity: { kind: 'after-grant', minutes: 15 },
    funders: [{ funder: 'vendor', basisPoints: 10_000 }],
    approvals: [{ vendorId: aki, state: 'asked' }],
    worstCase: usd(6000),
    claimed: 0,
    granted: 0,
    redeemed: 0,
    ...change,
  });
const tin = product('prd_tin', 1200, 800);

test('[S3.1] the worst case, the own share and the lowest price against the floor are weighed', () => {
  expect(weigh(drop(), [tin])).toEqual({
    own: usd(6000),
    ownShare: 1,
    lowest: usd(900),
    floor: usd(800),
    isFloorKept: true,
  });
});

test('a host who pays half leaves half of the worst case, rounded against the vendor', () => {
  const funders = [
    { funder: 'host', basisPoints: 5001 },
    { funder: 'vendor', basisPoints: 4999 },
  ];
  expect(weigh(drop({ funders, worstCase: usd(101) }), [tin]).own).toEqual(usd(51));
});

test('the product that comes nearest to its floor is the one shown', () => {
  const cheap = product('prd_cheap', 1000, 900);
  const { lowest, floor, isFloorKept } = weigh(drop({ productIds: ['prd_tin', 'prd_cheap'] }), [tin, cheap]);
  expect([lowest?.amount, floor?.amount, isFloorKept]).toEqual([700, 900, false]);
});

test('[S3.1] every variant that is sold counts, a retired one does not', () => {
  const [sold] = tin.variants;
  const small = { ...sold, variantId: 'var_small', listPrice: usd(1000), floorPrice: usd(750) };
  const both = DeskProduct.parse({ ...tin, variants: [sold, small] });
  expect(weigh(drop(), [both])).toMatchObject({ lowest: usd(700), isFloorKept: false });
  const one = DeskProduct.parse({ ...tin, variants: [sold, { ...small, isRetired: true }] });
  expect(weigh(drop(), [one])).toMatchObject({ lowest: usd(900), isFloorKept: true });
});

test('only drafts that wait for this vendor ask', () => {
  expect(asksFor(aki, drop())).toBe(true);
  expect(asksFor(aki, drop({ approvals: [{ vendorId: aki, state: 'approved' }] }))).toBe(false);
  expect(asksFor(aki, drop({ state: 'open' }))).toBe(false);
  expect(asksFor(VendorId.parse('vnd_ben'), drop())).toBe(false);
});
