import { z } from 'zod';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import {
  ChannelView,
  Following,
  FollowTarget,
  NewChannel,
  NewVendor,
  RoleChange,
  RolesHeld,
  VendorView,
} from '#contract/identity.ts';
import { type AccountId, ChannelId, VendorId } from '#contract/ids.ts';
import type { Actor, RoleGrant, Scope } from '#contract/permissions.ts';
import { type Route, type RouteContext, route } from '../gateway/route.ts';
import { foldHandle } from './core/handle.ts';
import { mayAppoint } from './core/roles.ts';
import type { operatorLink } from './operator-link.ts';
import type { PlaceUseCases } from './places.ts';
import type { IdentityStore } from './store.ts';

type Parts = {
  store: IdentityStore;
  places: PlaceUseCases;
  openOperatorLink: ReturnType<typeof operatorLink>;
};

/** Channels, vendors, follows, roles, and the link of the first operator. */
export function placeRoutes({ store, places, openOperatorLink }: Parts): Route[] {
  const exists = async (target: FollowTarget): Promise<boolean> => {
    const channelId = ChannelId.safeParse(target);
    if (channelId.success) return (await places.channels.get(channelId.data)) !== undefined;
    return (await places.vendors.get(VendorId.parse(target))) !== undefined;
  };
  const tie = async (actor: Actor, target: FollowTarget) => ({
    isFollowing: actor.kind === 'account' && (await places.follows.isFollowing(actor.accountId, target)),
    followers: await places.follows.count(target),
  });
  const channelView = async (
    actor: Actor,
    channelId: ChannelId,
  ): Promise<Result<ChannelView, 'not-found'>> => {
    const channel = await places.channels.get(channelId);
    if (channel === undefined) return refuse('not-found');
    const owner = await store.accounts.get(channel.ownerId);
    return accept({
      channelId,
      title: channel.title,
      ownerHandle: owner?.handle ?? '',
      ...(await tie(actor, channelId)),
    });
  };
  const vendorView = async (actor: Actor, vendorId: VendorId): Promise<Result<VendorView, 'not-found'>> => {
    const vendor = await places.vendors.get(vendorId);
    if (vendor === undefined) return refuse('not-found');
    return accept({ vendorId, name: vendor.name, ...(await tie(actor, vendorId)) });
  };

  const setFollow = async (
    { actor, params }: RouteContext<{ targetId: FollowTarget }, undefined, undefined>,
    isFollowing: boolean,
  ): Promise<Result<Following, ErrorCode>> => {
    if (actor.kind !== 'account') return refuse('sign-in-required');
    if (!(await exists(params.targetId))) return refuse('not-found');
    return accept(await places.follow(actor.accountId, params.targetId, isFollowing));
  };

  const changeRole = async (
    { actor, body, audit }: RouteContext<undefined, undefined, RoleChange>,
    change: (accountId: AccountId, grant: RoleGrant) => Promise<{ before: RoleGrant[]; after: RoleGrant[] }>,
  ): Promise<Result<z.infer<typeof RolesHeld>, ErrorCode>> => {
    if (!mayAppoint(actor, body.grant)) return refuse('forbidden');
    const account = await store.accounts.byHandle(foldHandle(body.handle));
    const place = scopeOf(body.grant);
    const target = place.channelId ?? place.vendorId;
    if (account === undefined || (target && !(await exists(target)))) return refuse('not-found');
    const { before, after } = await change(account.accountId, body.grant);
    audit({ object: account.accountId, before, after });
    return accept({ handle: account.handle, roles: after });
  };

  return [
    route({
      method: 'post',
      path: '/operator-links/:token',
      action: 'account.become-operator',
      summary: 'Open the one-time link that makes the first operator.',
      params: z.object({ token: z.string().min(8).max(200) }),
      async handle({ actor, params, audit }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        const opened = await openOperatorLink(params.token, actor.accountId);
        if (!opened.ok) return opened;
        audit({ object: actor.accountId, ...opened.value });
        return accept(undefined);
      },
    }),
    route({
      method: 'post',
      path: '/channels',
      action: 'channel.create',
      summary: 'Make a channel; its maker is the host.',
      body: NewChannel,
      reply: ChannelView,
      status: 201,
      idempotent: true,
      async handle({ actor, body, idempotencyKey, audit }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        const channelId = await places.createChannel(actor.accountId, body, idempotencyKey);
        audit({ object: channelId, after: body });
        return channelView(actor, channelId);
      },
    }),
    route({
      method: 'get',
      path: '/channels/:channelId',
      action: 'channel.read',
      summary: 'A channel, its followers, and whether you are one.',
      params: z.object({ channelId: ChannelId }),
      reply: ChannelView,
      handle: ({ actor, params }) => channelView(actor, params.channelId),
    }),
    route({
      method: 'post',
      path: '/vendors',
      action: 'vendor.create',
      summary: 'Make a vendor; its maker is the first to act for it.',
      body: NewVendor,
      reply: VendorView,
      status: 201,
      idempotent: true,
      async handle({ actor, body, idempotencyKey, audit }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        const vendorId = await places.createVendor(actor.accountId, body, idempotencyKey);
        audit({ object: vendorId, after: body });
        return vendorView(actor, vendorId);
      },
    }),
    route({
      method: 'get',
      path: '/vendors/:vendorId',
      action: 'channel.read',
      summary: 'A vendor, its followers, and whether you are one.',
      params: z.object({ vendorId: VendorId }),
      reply: VendorView,
      handle: ({ actor, params }) => vendorView(actor, params.vendorId),
    }),
    route({
      method: 'put',
      path: '/follows/:targetId',
      action: 'channel.follow',
      summary: 'Follow a channel or vendor; following again changes nothing.',
      params: z.object({ targetId: FollowTarget }),
      reply: Following,
      handle: (context) => setFollow(context, true),
    }),
    route({
      method: 'delete',
      path: '/follows/:targetId',
      action: 'channel.follow',
      summary: 'Follow a channel or vendor no more.',
      params: z.object({ targetId: FollowTarget }),
      reply: Following,
      handle: (context) => setFollow(context, false),
    }),
    route({
      method: 'post',
      path: '/role-grants',
      action: 'role.grant',
      summary:
        'Give a role: hosts to delegates of their channel, vendors to their agents, operators to anybody.',
      body: RoleChange,
      reply: RolesHeld,
      scope: ({ body }) => scopeOf(body.grant),
      handle: (context) => changeRole(context, places.roles.grant),
    }),
    route({
      method: 'post',
      path: '/role-revocations',
      action: 'role.grant',
      summary: 'Take a role back; it is gone at the next request.',
      body: RoleChange,
      reply: RolesHeld,
      scope: ({ body }) => scopeOf(body.grant),
      handle: (context) => changeRole(context, places.roles.revoke),
    }),
  ];
}

function scopeOf(grant: RoleGrant): Scope {
  if ('channelId' in grant) return { channelId: grant.channelId };
  return 'vendorId' in grant ? { vendorId: grant.vendorId } : {};
}
