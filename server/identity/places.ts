import { createHash } from 'node:crypto';
import type { Following, FollowTarget } from '#contract/identity.ts';
import type { AccountId } from '#contract/ids.ts';
import { ChannelId, VendorId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import { keyOf, withGrant, withoutGrant } from './core/roles.ts';
import type { LoginSessions } from './login-sessions.ts';
import type { Channel, IdentityStore, Vendor } from './store.ts';

type Parts = { store: IdentityStore; loginSessions: LoginSessions; clock: Clock };

/** Roles, and what they are held for: channels and vendors; and who follows those. */
export function placeUseCases({ store, loginSessions, clock }: Parts) {
  const change = async (accountId: AccountId, by: (held: readonly RoleGrant[]) => RoleGrant[]) => {
    const done = await store.roles.change(accountId, by);
    await loginSessions.changed(accountId);
    return done;
  };
  /** A repeated request names the same thing. */
  const sameFor = (accountId: AccountId, key: string) =>
    createHash('sha256').update(`${accountId}:${key}`).digest('hex').slice(0, 32);

  const roles = {
    /** Shows at the account's next request. Repeating it changes nothing. */
    grant: (accountId: AccountId, grant: RoleGrant) => change(accountId, (held) => withGrant(held, grant)),
    revoke: (accountId: AccountId, grant: RoleGrant) =>
      change(accountId, (held) => withoutGrant(held, grant)),
    of: (accountId: AccountId): Promise<RoleGrant[]> => store.roles.of(accountId),
    /** Accounts that hold this role where the grant says; a delegate's permissions do not matter. */
    holdersOf: (grant: RoleGrant): Promise<AccountId[]> => store.roles.holders(keyOf(grant)),
  };

  return {
    roles,

    /** Makes a channel, its maker the host. The same `key` of the same account makes it once. */
    async createChannel(
      accountId: AccountId,
      { title }: { title: string },
      key?: string,
    ): Promise<ChannelId> {
      const channelId = key ? ChannelId.parse(`ch_${sameFor(accountId, key)}`) : newId(ChannelId, 'ch');
      await store.channels.insert({ channelId, title, ownerId: accountId, createdAt: new Date(clock.now()) });
      await roles.grant(accountId, { role: 'host', channelId });
      return channelId;
    },

    /** Makes a vendor, its maker the first to act for it. */
    async createVendor(accountId: AccountId, { name }: { name: string }, key?: string): Promise<VendorId> {
      const vendorId = key ? VendorId.parse(`vnd_${sameFor(accountId, key)}`) : newId(VendorId, 'vnd');
      await store.vendors.insert({ vendorId, name, ownerId: accountId, createdAt: new Date(clock.now()) });
      await roles.grant(accountId, { role: 'vendor', vendorId });
      return vendorId;
    },

    channels: {
      get: async (channelId: ChannelId): Promise<Channel | undefined> =>
        (await store.channels.many([channelId]))[0],
      many: (channelIds: readonly ChannelId[]): Promise<Channel[]> => store.channels.many(channelIds),
    },
    vendors: {
      get: async (vendorId: VendorId): Promise<Vendor | undefined> =>
        (await store.vendors.many([vendorId]))[0],
      many: (vendorIds: readonly VendorId[]): Promise<Vendor[]> => store.vendors.many(vendorIds),
    },

    follows: {
      isFollowing: (accountId: AccountId, target: FollowTarget) => store.follows.has(accountId, target),
      /** Counted from the follows themselves, so it never drifts. */
      count: (target: FollowTarget): Promise<number> => store.follows.count(target),
    },

    /** Follows or unfollows; answers what stands then. */
    async follow(viewer: AccountId, target: FollowTarget, isFollowing: boolean): Promise<Following> {
      if (isFollowing) await store.follows.insert({ viewer, target, at: new Date(clock.now()) });
      else await store.follows.remove(viewer, target);
      return { targetId: target, isFollowing, followers: await store.follows.count(target) };
    },
  };
}
export type PlaceUseCases = ReturnType<typeof placeUseCases>;
