import { expect, test } from 'vitest';
import { AccountId, ChannelId, LoginSessionId, VendorId } from '#contract/ids.ts';
import type { Actor, RoleGrant } from '#contract/permissions.ts';
import { mayAppoint, withGrant, withoutGrant } from './roles.ts';

const channelId = ChannelId.parse('ch_1');
const vendorId = VendorId.parse('vnd_1');
const actor = (...roles: RoleGrant[]): Actor => ({
  kind: 'account',
  accountId: AccountId.parse('acc_1'),
  handle: 'x',
  loginSessionId: LoginSessionId.parse('login_1'),
  roles,
});

test('granting twice leaves one grant, with the newer permissions', () => {
  const pin: RoleGrant = { role: 'delegate', channelId, permissions: ['pin'] };
  const drop: RoleGrant = { role: 'delegate', channelId, permissions: ['drop'] };
  expect(withGrant(withGrant([{ role: 'analyst' }], pin), drop)).toEqual([{ role: 'analyst' }, drop]);
  expect(withoutGrant([drop, { role: 'analyst' }], pin)).toEqual([{ role: 'analyst' }]);
});

test('[M-P2] hosts appoint delegates of their channel and vendors their agents, and nobody else', () => {
  const host = actor({ role: 'host', channelId });
  const vendor = actor({ role: 'vendor', vendorId });
  const delegate: RoleGrant = { role: 'delegate', channelId, permissions: ['pin'] };
  expect(mayAppoint(host, delegate)).toBe(true);
  expect(mayAppoint(host, { ...delegate, channelId: ChannelId.parse('ch_2') })).toBe(false);
  expect(mayAppoint(host, { role: 'host', channelId })).toBe(false);
  expect(mayAppoint(host, { role: 'operator' })).toBe(false);
  expect(mayAppoint(vendor, { role: 'agent', vendorId })).toBe(true);
  expect(mayAppoint(vendor, { role: 'vendor', vendorId })).toBe(false);
  expect(mayAppoint(actor({ role: 'operator' }), { role: 'operator' })).toBe(true);
  expect(mayAppoint({ kind: 'anyone' }, delegate)).toBe(false);
});
