import { expect, test } from 'vitest';
import { AccountId, ChannelId, LoginSessionId } from '#contract/ids.ts';
import type { Actor, RoleGrant } from '#contract/permissions.ts';
import { isOpenFor, kindOf, readCursor, writeCursor } from './line.ts';

const channelId = ChannelId.parse('ch_1');
const actor = (...roles: RoleGrant[]): Actor => ({
  kind: 'account',
  accountId: AccountId.parse('acc_1'),
  handle: 'x',
  loginSessionId: LoginSessionId.parse('login_1'),
  roles,
});

test('[M-C1] lines of the host and of operators are staff lines, in this room only', () => {
  expect(kindOf(actor({ role: 'host', channelId }), channelId)).toBe('staff');
  expect(kindOf(actor({ role: 'operator' }), channelId)).toBe('staff');
  expect(kindOf(actor({ role: 'host', channelId: ChannelId.parse('ch_2') }), channelId)).toBe('viewer');
  expect(kindOf(actor({ role: 'analyst' }), channelId)).toBe('viewer');
});

test('people talk before and during the show', () => {
  expect((['scheduled', 'live', 'ended', 'replay'] as const).map(isOpenFor)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a cursor is read as it was written', () => {
  expect(readCursor(writeCursor({ streamMs: 61_005, n: 12 }))).toEqual({ streamMs: 61_005, n: 12 });
});
