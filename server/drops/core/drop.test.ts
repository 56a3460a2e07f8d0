import { describe, expect, test } from 'vitest';
import { DropForm, worstCase } from '#contract/drops.ts';
import {
  AccountId,
  ChannelId,
  DropId,
  LoginSessionId,
  ProductId,
  StreamId,
  VendorId,
} from '#contract/ids.ts';
import type { Actor, RoleGrant } from '#contract/permissions.ts';
import { approvalsFor, checkForm, checkRelease, type Drop, ineligibility, validUntil } from './drop.ts';

const teapot = ProductId.parse('prd_teapot');
const coat = ProductId.parse('prd_coat');
const aki = VendorId.parse('vnd_aki');
const channelId = ChannelId.parse('ch_hana');
const eur = (amount: number) => ({ amount, currency: 'EUR' as const });

const form = {
  title: 'Teapot',
  coupon: { kind: 'fixed' as const, amountOff: eur(1000) },
  minimumSpend: eur(3000),
  productIds: [teapot],
  stock: 5,
  perViewer: 1 as const,
  claimWindowMs: 120_000,
  validity: { kind: 'after-grant' as const, minutes: 15 },
  funders: [{ funder: 'vendor' as const, basisPoints: 10_000 }],
};
const room = {
  showcase: new Set([teapot]),
  currency: 'EUR',
  limitMs: 1_200_000,
  now: 1000,
  isOperator: false,
};
const drop: Drop = {
  dropId: DropId.parse('drop_1'),
  streamId: StreamId.parse('stream_1'),
  channelId,
  title: 'Teapot',
  amountOff: eur(1000),
  minimumSpend: eur(3000),
  productIds: [teapot],
  vendorIds: [aki],
  ...{
    stock: 5,
    left: 5,
    perViewer: 1,
    claimWindowMs: 120_000,
    version: 1,
    rules: 1,
    epoch: 0,
    lastNumber: 0,
  },
  validity: { kind: 'after-grant', minutes: 15 },
  funders: form.funders,
  approvals: [{ vendorId: aki, state: 'approved' }],
  state: 'draft',
  configuredBy: AccountId.parse('acc_hana'),
};

describe('preparing a drop', () => {
  test('[M-H3] the worst case is stock times amount, and follows the form', () => {
    expect(worstCase(form)).toEqual(eur(5000));
    expect(worstCase({ ...form, stock: 7 })).toEqual(eur(7000));
    expect(worstCase({ ...form, coupon: { kind: 'fixed', amountOff: eur(1) } })).toEqual(eur(5));
  });

  test('[S3.2] goods outside the room are refused', () => {
    expect(checkForm(form, room)).toMatchObject({ ok: true });
    expect(checkForm({ ...form, productIds: [teapot, coat] }, room)).toMatchObject({
      refusal: 'not-your-drop',
    });
  });

  test.each([
    [
      'another currency',
      { coupon: { kind: 'fixed' as const, amountOff: { amount: 1, currency: 'USD' as const } } },
      'currency-mismatch',
    ],
    ['[S3.18] a window over the limit', { claimWindowMs: 1_200_001 }, 'invalid-request'],
    ['an end that has passed', { validity: { kind: 'until' as const, endsAt: 1000 } }, 'invalid-request'],
    [
      "the platform's money",
      { funders: [{ funder: 'platform' as const, basisPoints: 10_000 }] },
      'forbidden',
    ],
  ])('%s is refused', (_what, change, refusal) => {
    expect(checkForm({ ...form, ...change }, room)).toMatchObject({ ok: false, refusal });
  });

  test('[M-V4] an operator may let the platform pay', () => {
    const funders = [{ funder: 'platform' as const, basisPoints: 10_000 }];
    expect(checkForm({ ...form, funders }, { ...room, isOperator: true })).toMatchObject({ ok: true });
  });

  test('[M-V4] vendors approve, except those the host acts for', () => {
    const bo = VendorId.parse('vnd_bo');
    const goods = [
      { productId: teapot, vendorId: aki },
      { productId: coat, vendorId: bo },
    ];
    expect(approvalsFor(goods, new Set([bo]))).toEqual([
      { vendorId: aki, state: 'asked' },
      { vendorId: bo, state: 'not-needed' },
    ]);
  });

  test('[M-V4] shares of funders sum to the whole, each funder once', () => {
    const shares = (...basisPoints: number[]) =>
      DropForm.safeParse({
        ...form,
        funders: basisPoints.map((points, index) => ({
          funder: ['vendor', 'host'][index],
          basisPoints: points,
        })),
      }).success;
    expect([shares(7000, 3000), shares(7000, 2999), shares(10_000)]).toEqual([true, false, true]);
  });
});

describe('releasing a drop', () => {
  const live = { isLive: true, showcase: room.showcase, now: 1000 };

  test('[S3.18] a prepared and approved drop on the showcase of a live stream may open', () => {
    expect(checkRelease(drop, live)).toEqual({ ok: true, value: undefined });
  });

  test.each<[string, Partial<Drop>, Partial<typeof live>, string]>([
    ['one that was open', { state: 'closed' }, {}, 'conflict'],
    ['[M-V4] an unapproved one', { approvals: [{ vendorId: aki, state: 'asked' }] }, {}, 'drop-not-ready'],
    ['[M-V4] a refused one', { approvals: [{ vendorId: aki, state: 'refused' }] }, {}, 'drop-not-ready'],
    ['one of a stream that is not on air', {}, { isLive: false }, 'wrong-stream-state'],
    ['[S3.2] one whose goods left the showcase', {}, { showcase: new Set() }, 'not-in-showcase'],
    [
      'one whose coupons would run out in its window',
      { validity: { kind: 'until', endsAt: 120_000 } },
      {},
      'drop-not-ready',
    ],
  ])('%s may not', (_what, change, around, refusal) => {
    expect(checkRelease({ ...drop, ...change }, { ...live, ...around })).toMatchObject({
      ok: false,
      refusal,
    });
  });
});

test('[S3.1] a coupon lives until an instant, or some minutes from its own grant', () => {
  expect(validUntil({ kind: 'until', endsAt: 5000 }, 1000)).toBe(5000);
  expect(validUntil({ kind: 'after-grant', minutes: 15 }, 1000)).toBe(901_000);
});

test.each<[RoleGrant, 'staff' | undefined]>([
  [{ role: 'host', channelId }, 'staff'],
  [{ role: 'delegate', channelId, permissions: ['pin'] }, 'staff'],
  [{ role: 'vendor', vendorId: aki }, 'staff'],
  [{ role: 'agent', vendorId: aki }, 'staff'],
  [{ role: 'host', channelId: ChannelId.parse('ch_other') }, undefined],
  [{ role: 'vendor', vendorId: VendorId.parse('vnd_bo') }, undefined],
  [{ role: 'analyst' }, undefined],
])('[S3.7] who made the drop does not take from it: %o', (role, reason) => {
  const actor: Actor = {
    kind: 'account',
    accountId: AccountId.parse('acc_x'),
    handle: 'x',
    loginSessionId: LoginSessionId.parse('login_x'),
    roles: [role],
  };
  expect(ineligibility(drop, actor)).toBe(reason);
});
