import type { AccountId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import { keyOf } from './core/roles.ts';
import { type Account, type AuditEntry, abandonedMs, type Follow, type IdentityStore } from './store.ts';

/** The record of identity in this process alone. */
export function memoryIdentityStore(): IdentityStore {
  const handles = new Map<string, { accountId: AccountId; at: Date }>();
  const accounts = new Map<AccountId, Account>();
  const sessions = memoryLoginSessions();
  const follows = new Map<string, Follow>();
  const pseudonymKeys = new Map<string, string>();
  const links = new Map<string, AccountId>();
  const audit = new Map<string, AuditEntry>();

  return {
    accounts: {
      async claimHandle(foldedHandle, accountId, at) {
        const holder = handles.get(foldedHandle);
        const isAbandoned =
          holder && !accounts.has(holder.accountId) && at.getTime() - holder.at.getTime() >= abandonedMs;
        if (holder === undefined || isAbandoned) handles.set(foldedHandle, { accountId, at });
        return handles.get(foldedHandle)?.accountId === accountId;
      },
      async insert(account) {
        accounts.set(account.accountId, structuredClone(account));
      },
      async byHandle(foldedHandle) {
        const accountId = handles.get(foldedHandle)?.accountId;
        return structuredClone(accountId && accounts.get(accountId));
      },
      async get(accountId) {
        return structuredClone(accounts.get(accountId));
      },
      async many(accountIds) {
        return accountIds.flatMap((one) => accounts.get(one) ?? []).map((one) => structuredClone(one));
      },
      async change(accountId, change) {
        const account = accounts.get(accountId);
        if (account === undefined) return undefined;
        for (const [field, value] of Object.entries(change)) {
          if (value === null) Reflect.deleteProperty(account, field);
          else if (value !== undefined) Reflect.set(account, field, value);
        }
        return structuredClone(account);
      },
      async recover(accountId, codeHash, passwordHash) {
        const account = accounts.get(accountId);
        if (!account?.recoveryCodeHashes.includes(codeHash)) return false;
        account.recoveryCodeHashes = account.recoveryCodeHashes.filter((one) => one !== codeHash);
        account.passwordHash = passwordHash;
        return true;
      },
    },
    loginSessions: sessions,
    roles: memoryRoles(),
    channels: memoryPlaces(({ channelId }) => channelId),
    vendors: memoryPlaces(({ vendorId }) => vendorId),
    follows: {
      async insert(follow) {
        const key = `${follow.viewer}:${follow.target}`;
        if (!follows.has(key)) follows.set(key, follow);
      },
      async remove(viewer, target) {
        follows.delete(`${viewer}:${target}`);
      },
      has: async (viewer, target) => follows.has(`${viewer}:${target}`),
      count: async (target) => [...follows.values()].filter((one) => one.target === target).length,
    },
    async pseudonymKey(personId, fresh) {
      const key = pseudonymKeys.get(personId) ?? fresh;
      pseudonymKeys.set(personId, key);
      return key;
    },
    async useOperatorLink(linkHash, accountId) {
      const user = links.get(linkHash) ?? accountId;
      links.set(linkHash, user);
      return user;
    },
    audit: {
      async append(entry) {
        if (!audit.has(entry.auditId)) audit.set(entry.auditId, structuredClone(entry));
      },
      ofRequest: async (requestId) => [...audit.values()].filter((one) => one.requestId === requestId),
    },
  };
}

function memoryLoginSessions(): IdentityStore['loginSessions'] {
  type Session = Parameters<IdentityStore['loginSessions']['insert']>[0];
  const sessions = new Map<string, Session>();
  return {
    async insert(session) {
      sessions.set(session.loginSessionId, { ...session });
    },
    async get(loginSessionId) {
      const found = sessions.get(loginSessionId);
      return found && { ...found };
    },
    async touch(loginSessionId, at) {
      const found = sessions.get(loginSessionId);
      if (found) found.lastSeenAt = Math.max(found.lastSeenAt, at);
    },
    async remove(loginSessionId) {
      sessions.delete(loginSessionId);
    },
    async removeAllOf(personId) {
      for (const [id, one] of sessions) if (one.personId === personId) sessions.delete(id);
    },
    async removeEnded({ seenBefore, begunBefore }) {
      const ended = [...sessions].filter(
        ([, one]) => one.lastSeenAt < seenBefore || one.createdAt < begunBefore,
      );
      for (const [id] of ended) sessions.delete(id);
      return ended.length;
    },
  };
}

function memoryRoles(): IdentityStore['roles'] {
  const roles = new Map<AccountId, RoleGrant[]>();
  return {
    of: async (accountId) => roles.get(accountId) ?? [],
    async change(accountId, change) {
      const before = roles.get(accountId) ?? [];
      const after = change(before);
      roles.set(accountId, after);
      return { before, after };
    },
    holders: async (key) =>
      [...roles].filter(([, held]) => held.some((one) => keyOf(one) === key)).map(([accountId]) => accountId),
  };
}

function memoryPlaces<Place, Id extends string>(idOf: (place: Place) => Id) {
  const places = new Map<Id, Place>();
  return {
    async insert(place: Place) {
      if (!places.has(idOf(place))) places.set(idOf(place), place);
    },
    many: async (ids: readonly Id[]) => ids.flatMap((id) => places.get(id) ?? []),
  };
}
