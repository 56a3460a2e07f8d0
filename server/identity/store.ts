import type { ContactPreferences, FollowTarget, Language } from '#contract/identity.ts';
import type { AccountId, ChannelId, LoginSessionId, PersonId, VendorId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import type { LoginSession } from './core/login-session.ts';

/** An account as the record holds it: registration data, and what proves its owner. */
export type Account = {
  accountId: AccountId;
  handle: string;
  email?: string | undefined;
  region?: string | undefined;
  language: Language;
  contact: ContactPreferences;
  /** PHC string of the password. */
  passwordHash: string;
  /** SHA-256 of each code not used yet. */
  recoveryCodeHashes: string[];
  createdAt: Date;
};

/** A handle held by an account that was never written is free again after this. */
export const abandonedMs = 60_000;

type SettingsChange = Partial<Pick<Account, 'language' | 'contact'>> & {
  email?: string | null | undefined;
  region?: string | null | undefined;
};

export type Channel = { channelId: ChannelId; title: string; ownerId: AccountId; createdAt: Date };
export type Vendor = { vendorId: VendorId; name: string; ownerId: AccountId; createdAt: Date };

export type Follow = { viewer: AccountId; target: FollowTarget; at: Date };

/** One act of staff, configuration or money. `auditId` is made of request and action, so an act is entered once. */
export type AuditEntry = {
  auditId: string;
  action: string;
  actorKind: string;
  actorId?: string | undefined;
  handle?: string | undefined;
  roles: string[];
  requestId: string;
  at: Date;
  object?: string | undefined;
  before?: unknown;
  after?: unknown;
};

/**
 * The record of identity. Every write is one guarded document, done or not; all of them may be repeated. Nothing
 * here changes or deletes an audit entry.
 */
export interface IdentityStore {
  accounts: {
    /** Takes the folded handle for the account; false when another has it. */
    claimHandle(foldedHandle: string, accountId: AccountId, at: Date): Promise<boolean>;
    insert(account: Account): Promise<void>;
    byHandle(foldedHandle: string): Promise<Account | undefined>;
    get(accountId: AccountId): Promise<Account | undefined>;
    many(accountIds: readonly AccountId[]): Promise<Account[]>;
    /** Answers the account as it is afterwards. */
    change(accountId: AccountId, change: SettingsChange): Promise<Account | undefined>;
    /** Uses up the code and sets the password in one step; false when the code is not there. */
    recover(accountId: AccountId, codeHash: string, passwordHash: string): Promise<boolean>;
  };
  loginSessions: {
    insert(session: LoginSession): Promise<void>;
    get(loginSessionId: LoginSessionId): Promise<LoginSession | undefined>;
    touch(loginSessionId: LoginSessionId, at: number): Promise<void>;
    remove(loginSessionId: LoginSessionId): Promise<void>;
    removeAllOf(personId: PersonId): Promise<void>;
    /** Forgets those last seen, or begun, before; answers how many. */
    removeEnded(limits: { seenBefore: number; begunBefore: number }): Promise<number>;
  };
  roles: {
    of(accountId: AccountId): Promise<RoleGrant[]>;
    /** Puts `change(held)` in the place of what is held, again when another change came between. */
    change(
      accountId: AccountId,
      change: (held: readonly RoleGrant[]) => RoleGrant[],
    ): Promise<{ before: RoleGrant[]; after: RoleGrant[] }>;
    /** Accounts that hold the grant of this key (`keyOf`). */
    holders(key: string): Promise<AccountId[]>;
  };
  channels: {
    /** Does nothing when the id is there already. */
    insert(channel: Channel): Promise<void>;
    many(channelIds: readonly ChannelId[]): Promise<Channel[]>;
  };
  vendors: {
    insert(vendor: Vendor): Promise<void>;
    many(vendorIds: readonly VendorId[]): Promise<Vendor[]>;
  };
  follows: {
    /** Keeps the first instant when it is there already. */
    insert(follow: Follow): Promise<void>;
    remove(viewer: AccountId, target: FollowTarget): Promise<void>;
    has(viewer: AccountId, target: FollowTarget): Promise<boolean>;
    count(target: FollowTarget): Promise<number>;
  };
  /** The key under which a person's pseudonyms are made, `fresh` when there is none yet. */
  pseudonymKey(personId: PersonId, fresh: string): Promise<string>;
  /** Records that the link was opened; answers by whom it was opened first. */
  useOperatorLink(linkHash: string, accountId: AccountId, at: Date): Promise<AccountId>;
  audit: {
    append(entry: AuditEntry): Promise<void>;
    ofRequest(requestId: string): Promise<AuditEntry[]>;
  };
}
