import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { AccountId, ChannelId, GuestId, LoginSessionId, VendorId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import { keyOf, withGrant, withoutGrant } from '#server/identity/core/roles.ts';
import { identityMigrations } from '#server/identity/migrations.ts';
import { memoryIdentityStore } from '#server/identity/store.memory.ts';
import { mongoIdentityStore } from '#server/identity/store.mongo.ts';
import type { Account } from '#server/identity/store.ts';
import { openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
await migrate(mongo, identityMigrations);
afterAll(() => mongo.close());

const fresh = () => randomUUID().replaceAll('-', '');
const newAccountId = () => AccountId.parse(`acc_${fresh()}`);
const at = new Date('2026-03-01T12:00:00Z');
const account = (accountId: AccountId, handle: string): Account => ({
  accountId,
  handle,
  email: 'a@example.org',
  region: 'DE',
  language: 'en',
  contact: { email: true, push: false },
  passwordHash: '$argon2id$old',
  recoveryCodeHashes: ['one', 'two'],
  createdAt: at,
});

describe.each([
  ['memory', memoryIdentityStore()],
  ['mongo', mongoIdentityStore(mongo)],
])('the %s record of identity', (_technology, store) => {
  test('[M-P1] of many who want a handle at once exactly one gets it', async () => {
    const handle = fresh();
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => store.accounts.claimHandle(handle, newAccountId(), at)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  test('a handle is found with its account, and the same account may claim it again', async () => {
    const accountId = newAccountId();
    const handle = fresh();
    await store.accounts.claimHandle(handle, accountId, at);
    expect(await store.accounts.byHandle(handle)).toBeUndefined();
    await store.accounts.insert(account(accountId, handle));
    expect(await store.accounts.byHandle(handle)).toEqual(account(accountId, handle));
    expect(await store.accounts.claimHandle(handle, accountId, at)).toBe(true);
    expect(await store.accounts.many([accountId, newAccountId()])).toHaveLength(1);
  });

  test('a handle whose sign-up died half way is free again after a minute, a living one never', async () => {
    const handle = fresh();
    const later = (ms: number) => new Date(at.getTime() + ms);
    await store.accounts.claimHandle(handle, newAccountId(), at);
    expect(await store.accounts.claimHandle(handle, newAccountId(), later(59_999))).toBe(false);
    const heir = newAccountId();
    expect(await store.accounts.claimHandle(handle, heir, later(60_000))).toBe(true);
    await store.accounts.insert(account(heir, handle));
    expect(await store.accounts.claimHandle(handle, newAccountId(), later(600_000))).toBe(false);
  });

  test('[S1.15] settings change field by field, null empties one', async () => {
    const accountId = newAccountId();
    await store.accounts.insert(account(accountId, 'x'));
    const changed = await store.accounts.change(accountId, { email: null, region: 'CN', language: 'zh-CN' });
    const { email: _, ...rest } = account(accountId, 'x');
    expect(changed).toEqual({ ...rest, region: 'CN', language: 'zh-CN' });
    expect(await store.accounts.change(accountId, {})).toEqual(changed);
    expect(await store.accounts.change(newAccountId(), { region: 'CN' })).toBeUndefined();
  });

  test('[M-P1] a recovery code works once, even when sent twice at the same time', async () => {
    const accountId = newAccountId();
    await store.accounts.insert(account(accountId, 'x'));
    const tries = ['p1', 'p2', 'p3'].map((hash) => store.accounts.recover(accountId, 'one', hash));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    expect(await store.accounts.recover(accountId, 'never', 'p4')).toBe(false);
    expect((await store.accounts.get(accountId))?.recoveryCodeHashes).toEqual(['two']);
  });

  test('login sessions are touched forward only, and end alone, by person, or by age', async () => {
    const personId = GuestId.parse(`gst_${fresh()}`);
    const ids = [0, 1, 2].map(() => LoginSessionId.parse(`login_${fresh()}`));
    const [first, second, third] = ids;
    if (!first || !second || !third) throw new Error('three ids');
    for (const loginSessionId of ids)
      await store.loginSessions.insert({ loginSessionId, personId, createdAt: 1000, lastSeenAt: 1000 });
    await store.loginSessions.touch(first, 5000);
    await store.loginSessions.touch(first, 4000);
    expect(await store.loginSessions.get(first)).toEqual({
      loginSessionId: first,
      personId,
      createdAt: 1000,
      lastSeenAt: 5000,
    });
    await store.loginSessions.remove(second);
    expect(await store.loginSessions.get(second)).toBeUndefined();
    expect(await store.loginSessions.removeEnded({ seenBefore: 2000, begunBefore: 1000 })).toBe(1);
    expect(await store.loginSessions.get(third)).toBeUndefined();
    expect(await store.loginSessions.removeEnded({ seenBefore: 0, begunBefore: 1001 })).toBe(1);
    await store.loginSessions.insert({ loginSessionId: third, personId, createdAt: 9000, lastSeenAt: 9000 });
    await store.loginSessions.removeAllOf(personId);
    expect(await store.loginSessions.get(third)).toBeUndefined();
  });

  test('[M-P2] role changes made at once all stand, and holders are found', async () => {
    const accountId = newAccountId();
    const grants = Array.from(
      { length: 8 },
      (): RoleGrant => ({ role: 'vendor', vendorId: VendorId.parse(`vnd_${fresh()}`) }),
    );
    await Promise.all(grants.map((grant) => store.roles.change(accountId, (held) => withGrant(held, grant))));
    expect((await store.roles.of(accountId)).map(keyOf).toSorted()).toEqual(grants.map(keyOf).toSorted());
    const [gone, kept] = grants;
    if (!gone || !kept) throw new Error('eight grants');
    const { before, after } = await store.roles.change(accountId, (held) => withoutGrant(held, gone));
    expect([before.length, after.length]).toEqual([8, 7]);
    expect(await store.roles.holders(keyOf(gone))).toEqual([]);
    expect(await store.roles.holders(keyOf(kept))).toEqual([accountId]);
    expect(await store.roles.of(newAccountId())).toEqual([]);
  });

  test('a channel or vendor made twice under one id is the first', async () => {
    const ownerId = newAccountId();
    const channelId = ChannelId.parse(`ch_${fresh()}`);
    await store.channels.insert({ channelId, title: 'Tea', ownerId, createdAt: at });
    await store.channels.insert({ channelId, title: 'Other', ownerId, createdAt: at });
    expect(await store.channels.many([channelId])).toEqual([
      { channelId, title: 'Tea', ownerId, createdAt: at },
    ]);
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    await store.vendors.insert({ vendorId, name: 'Aki', ownerId, createdAt: at });
    expect(await store.vendors.many([vendorId])).toEqual([{ vendorId, name: 'Aki', ownerId, createdAt: at }]);
  });

  test('[S0.1] following twice counts once, and unfollowing twice takes one away', async () => {
    const target = VendorId.parse(`vnd_${fresh()}`);
    const [a, b] = [newAccountId(), newAccountId()];
    for (const viewer of [a, b, a]) await store.follows.insert({ viewer, target, at });
    expect(await store.follows.count(target)).toBe(2);
    await store.follows.remove(a, target);
    await store.follows.remove(a, target);
    expect([await store.follows.count(target), await store.follows.has(a, target)]).toEqual([1, false]);
    expect(await store.follows.has(b, target)).toBe(true);
  });

  test('[M-P5] the key of a pseudonym is made once', async () => {
    const personId = newAccountId();
    const keys = await Promise.all(['k1', 'k2', 'k3'].map((key) => store.pseudonymKey(personId, key)));
    expect(new Set(keys).size).toBe(1);
  });

  test('[M-P1] an operator link belongs to whoever opened it first', async () => {
    const link = fresh();
    const people = [newAccountId(), newAccountId(), newAccountId()];
    const users = await Promise.all(people.map((one) => store.useOperatorLink(link, one, at)));
    expect(new Set(users).size).toBe(1);
    expect(people).toContain(users[0]);
  });

  test('[M-P8] an act is entered once, and the first entry stands', async () => {
    const requestId = fresh();
    const entry = {
      auditId: `${requestId}:stream.end`,
      action: 'stream.end',
      actorKind: 'account',
      roles: ['operator'],
      requestId,
      at,
      before: { state: 'live' },
    };
    await store.audit.append(entry);
    await store.audit.append({ ...entry, before: { state: 'other' } });
    expect(await store.audit.ofRequest(requestId)).toEqual([entry]);
  });
});

test('[M-P8] the record offers no way to change or delete an audit entry', () => {
  expect(Object.keys(mongoIdentityStore(mongo).audit).toSorted()).toEqual(['append', 'ofRequest']);
});
