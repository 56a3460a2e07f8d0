import { z } from 'zod';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { ChannelId, VendorId } from '#contract/ids.ts';
import { ChannelProduct, VendorLink } from '#contract/rooms.ts';
import type { Catalog } from '../catalog/index.ts';
import { type Route, route } from '../gateway/route.ts';
import type { Identity } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Link, LinkStore } from './store.ts';

type Parts = {
  links: LinkStore;
  clock: Clock;
  catalog: Pick<Catalog, 'products'>;
  identity: Pick<Identity, 'channels' | 'vendors' | 'roles'>;
};

const Pair = z.object({ vendorId: VendorId, channelId: ChannelId });
const productsOfVendor = 100;

/** Routes of vendor links (M-V4): a vendor lets its products be shown in a channel, or no longer. */
export function linkRoutes({ links, clock, catalog, identity }: Parts): Route[] {
  const vendorScope = ({ params }: { params: { vendorId: VendorId } }) => ({ vendorId: params.vendorId });
  const channelScope = ({ params }: { params: { channelId: ChannelId } }) => ({
    channelId: params.channelId,
  });

  async function listed(found: readonly Link[]) {
    const [channels, vendors] = await Promise.all([
      identity.channels.many(found.map(({ channelId }) => channelId)),
      identity.vendors.many(found.map(({ vendorId }) => vendorId)),
    ]);
    const titles = new Map(channels.map(({ channelId, title }) => [channelId, title]));
    const names = new Map(vendors.map(({ vendorId, name }) => [vendorId, name]));
    return found.map(({ vendorId, channelId, approvedAt }) => ({
      vendorId,
      vendorName: names.get(vendorId) ?? '',
      channelId,
      channelTitle: titles.get(channelId) ?? '',
      approvedAt: new Date(approvedAt).toISOString(),
    }));
  }

  /** Vendors whose products this channel may show: linked ones, and those its host acts for. */
  async function vendorsOf(channelId: ChannelId): Promise<VendorId[]> {
    const channel = await identity.channels.get(channelId);
    const roles = channel ? await identity.roles.of(channel.ownerId) : [];
    const own = roles.flatMap((grant) => (grant.role === 'vendor' ? [grant.vendorId] : []));
    const linked = (await links.ofChannel(channelId)).map(({ vendorId }) => vendorId);
    return [...new Set([...own, ...linked])];
  }

  return [
    route({
      method: 'put',
      path: '/vendors/:vendorId/channels/:channelId',
      action: 'vendor.link',
      summary: 'Approve that the vendor’s products are shown in a channel',
      params: Pair,
      reply: VendorLink,
      scope: vendorScope,
      async handle({ params, actor, audit }): Promise<Result<VendorLink, ErrorCode>> {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        const channel = await identity.channels.get(params.channelId);
        if (channel === undefined) return refuse('not-found');
        const link = { ...params, approvedAt: clock.now(), approvedBy: actor.accountId };
        await links.approve(link);
        audit({ object: `${params.vendorId}:${params.channelId}`, after: { isLinked: true } });
        const [view] = await listed([link]);
        return view ? accept(view) : refuse('not-found');
      },
    }),
    route({
      method: 'delete',
      path: '/vendors/:vendorId/channels/:channelId',
      action: 'vendor.link',
      summary: 'Withdraw the approval: what is shown already stays',
      params: Pair,
      scope: vendorScope,
      async handle({ params, audit }) {
        await links.withdraw(params.vendorId, params.channelId);
        audit({ object: `${params.vendorId}:${params.channelId}`, after: { isLinked: false } });
        return accept(undefined);
      },
    }),
    route({
      method: 'get',
      path: '/vendors/:vendorId/channels',
      action: 'vendor.read-links',
      summary: 'Channels the vendor approved',
      params: z.object({ vendorId: VendorId }),
      reply: z.object({ items: z.array(VendorLink) }),
      scope: vendorScope,
      handle: async ({ params }) => accept({ items: await listed(await links.ofVendor(params.vendorId)) }),
    }),
    route({
      method: 'get',
      path: '/channels/:channelId/vendors',
      action: 'stream.control',
      summary: 'Vendors that approved this channel',
      params: z.object({ channelId: ChannelId }),
      reply: z.object({ items: z.array(VendorLink) }),
      scope: channelScope,
      handle: async ({ params }) => accept({ items: await listed(await links.ofChannel(params.channelId)) }),
    }),
    route({
      method: 'get',
      path: '/channels/:channelId/products',
      action: 'stream.control',
      summary: 'Products that streams of this channel may show',
      params: z.object({ channelId: ChannelId }),
      reply: z.object({ items: z.array(ChannelProduct) }),
      scope: channelScope,
      async handle({ params }) {
        const vendorIds = await vendorsOf(params.channelId);
        const vendors = await identity.vendors.many(vendorIds);
        const found = await Promise.all(
          vendors.map(async ({ vendorId, name }) =>
            (await catalog.products.ofVendor(vendorId, productsOfVendor))
              .filter(({ isRetired }) => !isRetired)
              .map((product) => ({ ...catalog.products.view(product), vendorName: name })),
          ),
        );
        return accept({ items: found.flat() });
      },
    }),
  ];
}
