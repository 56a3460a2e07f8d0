import type { ContactPreferences, FollowTarget, Language } from '#contract/identity.ts';
import type { AccountId, ChannelId, PersonId, VendorId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { keyOf } from './core/roles.ts';
import { mongoLoginSessions } from './mongo-login-sessions.ts';
import { type Account, type AuditEntry, abandonedMs, type IdentityStore } from './store.ts';

type AccountDocument = {
  _id: AccountId;
  handle: string;
  email?: string;
  region?: string;
  language: Language;
  contact: ContactPreferences;
  passwordHash: string;
  recoveryCodeHashes: string[];
  createdAt: Date;
};

/** The record of identity in MongoDB. */
export function mongoIdentityStore(mongo: Mongo): IdentityStore {
  const follows = modelOf<{ _id: string; viewer: AccountId; target: FollowTarget; at: Date }>(
    mongo,
    'follows',
    { viewer: String, target: String, at: Date },
  );
  const pseudonymKeys = modelOf<{ _id: PersonId; key: string }>(mongo, 'pseudonym_keys', { key: String });
  const links = modelOf<{ _id: string; accountId: AccountId; at: Date }>(mongo, 'operator_links', {
    accountId: String,
    at: Date,
  });

  return {
    accounts: mongoAccounts(mongo),
    loginSessions: mongoLoginSessions(mongo),
    roles: mongoRoles(mongo),
    channels: mongoChannels(mongo),
    vendors: mongoVendors(mongo),
    follows: {
      async insert({ viewer, target, at }) {
        await once(follows.create({ _id: `${viewer}:${target}`, viewer, target, at }));
      },
      async remove(viewer, target) {
        await follows.deleteOne({ _id: `${viewer}:${target}` });
      },
      has: async (viewer, target) => (await follows.exists({ _id: `${viewer}:${target}` })) !== null,
      count: (target) => follows.countDocuments({ target }),
    },
    async pseudonymKey(personId, fresh) {
      const known = await pseudonymKeys.findOne({ _id: personId }).lean();
      if (known) return known.key;
      if (await once(pseudonymKeys.create({ _id: personId, key: fresh }))) return fresh;
      const found = await pseudonymKeys.findOne({ _id: personId }).lean();
      return found?.key ?? fresh;
    },
    async useOperatorLink(linkHash, accountId, at) {
      await once(links.create({ _id: linkHash, accountId, at }));
      const found = await links.findOne({ _id: linkHash }).lean();
      return found?.accountId ?? accountId;
    },
    audit: mongoAudit(mongo),
  };
}

/** Waits for an insert; one that is there already is as good as done. True when this call made it. */
async function once(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (fault) {
    if (isDuplicate(fault)) return false;
    throw fault;
  }
}

function mongoAccounts(mongo: Mongo): IdentityStore['accounts'] {
  const handles = modelOf<{ _id: string; accountId: AccountId; at: Date }>(mongo, 'handles', {
    accountId: String,
    at: Date,
  });
  const accounts = modelOf<AccountDocument>(mongo, 'accounts', {
    handle: String,
    email: String,
    region: String,
    language: String,
    contact: Mixed,
    passwordHash: String,
    recoveryCodeHashes: [String],
    createdAt: Date,
  });
  const fromRecord = ({ _id, ...fields }: AccountDocument): Account => ({ accountId: _id, ...fields });

  return {
    async claimHandle(foldedHandle, accountId, at) {
      if (await once(handles.create({ _id: foldedHandle, accountId, at }))) return true;
      const holder = await handles.findOne({ _id: foldedHandle }).lean();
      if (holder?.accountId === accountId) return true;
      if (holder === null || at.getTime() - holder.at.getTime() < abandonedMs) return false;
      if (await accounts.exists({ _id: holder.accountId })) return false;
      const taken = await handles.updateOne(
        { _id: foldedHandle, accountId: holder.accountId },
        { $set: { accountId, at } },
      );
      return taken.modifiedCount === 1;
    },
    async insert({ accountId, ...fields }) {
      await accounts.create({ _id: accountId, ...withoutUndefined(fields) });
    },
    async byHandle(foldedHandle) {
      const holder = await handles.findOne({ _id: foldedHandle }).lean();
      const found = holder && (await accounts.findOne({ _id: holder.accountId }).lean());
      return found ? fromRecord(found) : undefined;
    },
    async get(accountId) {
      const found = await accounts.findOne({ _id: accountId }).lean();
      return found ? fromRecord(found) : undefined;
    },
    async many(accountIds) {
      const found = await accounts.find({ _id: trusted({ $in: [...accountIds] }) }).lean();
      return found.map(fromRecord);
    },
    async change(accountId, change) {
      const entries = Object.entries(change);
      const $set = Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
      const $unset = Object.fromEntries(
        entries.filter(([, value]) => value === null).map(([field]) => [field, 1]),
      );
      if (Object.keys($set).length + Object.keys($unset).length === 0) return this.get(accountId);
      const found = await accounts
        .findOneAndUpdate(
          { _id: accountId },
          {
            ...(Object.keys($set).length > 0 && { $set }),
            ...(Object.keys($unset).length > 0 && { $unset }),
          },
          { returnDocument: 'after' },
        )
        .lean();
      return found ? fromRecord(found) : undefined;
    },
    async recover(accountId, codeHash, passwordHash) {
      const done = await accounts.updateOne(
        { _id: accountId, recoveryCodeHashes: codeHash },
        { $pull: { recoveryCodeHashes: codeHash }, $set: { passwordHash } },
      );
      return done.modifiedCount === 1;
    },
  };
}

function mongoRoles(mongo: Mongo): IdentityStore['roles'] {
  const roles = modelOf<{ _id: AccountId; grants: RoleGrant[]; keys: string[]; version: number }>(
    mongo,
    'roles',
    { grants: [Mixed], keys: [String], version: Number },
  );
  return {
    of: async (accountId) => (await roles.findOne({ _id: accountId }).lean())?.grants ?? [],
    async change(accountId, change) {
      for (;;) {
        const found = await roles.findOne({ _id: accountId }).lean();
        const before = found?.grants ?? [];
        const after = change(before);
        const next = { grants: after, keys: after.map(keyOf) };
        const isDone = found
          ? (
              await roles.updateOne(
                { _id: accountId, version: found.version },
                { $set: next, $inc: { version: 1 } },
              )
            ).modifiedCount === 1
          : await once(roles.create({ _id: accountId, ...next, version: 1 }));
        if (isDone) return { before, after };
      }
    },
    holders: async (key) => (await roles.find({ keys: key }, { _id: 1 }).lean()).map(({ _id }) => _id),
  };
}

function mongoChannels(mongo: Mongo): IdentityStore['channels'] {
  const channels = modelOf<{ _id: ChannelId; title: string; ownerId: AccountId; createdAt: Date }>(
    mongo,
    'channels',
    { title: String, ownerId: String, createdAt: Date },
  );
  return {
    async insert({ channelId, ...fields }) {
      await once(channels.create({ _id: channelId, ...fields }));
    },
    async many(channelIds) {
      const found = await channels.find({ _id: trusted({ $in: [...channelIds] }) }).lean();
      return found.map(({ _id, ...fields }) => ({ channelId: _id, ...fields }));
    },
  };
}

function mongoVendors(mongo: Mongo): IdentityStore['vendors'] {
  const vendors = modelOf<{ _id: VendorId; name: string; ownerId: AccountId; createdAt: Date }>(
    mongo,
    'vendors',
    { name: String, ownerId: String, createdAt: Date },
  );
  return {
    async insert({ vendorId, ...fields }) {
      await once(vendors.create({ _id: vendorId, ...fields }));
    },
    async many(vendorIds) {
      const found = await vendors.find({ _id: trusted({ $in: [...vendorIds] }) }).lean();
      return found.map(({ _id, ...fields }) => ({ vendorId: _id, ...fields }));
    },
  };
}

function mongoAudit(mongo: Mongo): IdentityStore['audit'] {
  const audit = modelOf<Omit<AuditEntry, 'auditId'> & { _id: string }>(mongo, 'audit', {
    action: String,
    actorKind: String,
    actorId: String,
    handle: String,
    roles: [String],
    requestId: String,
    at: Date,
    object: String,
    before: Mixed,
    after: Mixed,
  });
  return {
    async append({ auditId, ...fields }) {
      await once(audit.create({ _id: auditId, ...withoutUndefined(fields) }));
    },
    async ofRequest(requestId) {
      const found = await audit.find({ requestId }).lean();
      return found.map(({ _id, ...fields }) => ({ auditId: _id, ...fields }));
    },
  };
}

const withoutUndefined = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
