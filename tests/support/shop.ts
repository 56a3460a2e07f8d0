import { z } from 'zod';
import { DeskProduct } from '#contract/catalog.ts';
import { ChannelView, VendorView } from '#contract/identity.ts';
import type { ChannelId, VendorId } from '#contract/ids.ts';
import type { Currency } from '#contract/money.ts';
import { DeskStream } from '#contract/rooms.ts';
import type { Person } from './cast.ts';

/** Ways of a vendor and a host through the API, as their pages go. */
export const shop = {
  openVendor: async (person: Person, name = 'Aki Teaware'): Promise<VendorId> =>
    (await person.send('POST', '/vendors', { name }, VendorView)).vendorId,

  openChannel: async (person: Person, title = 'Hana live'): Promise<ChannelId> =>
    (await person.send('POST', '/channels', { title }, ChannelView)).channelId,

  /** Prices in minor units. */
  addProduct: (
    vendor: Person,
    vendorId: VendorId,
    {
      title = 'Teapot',
      list = 4000,
      floor = 2500,
      stock = 10,
      currency = 'USD' as Currency,
      key = undefined as string | undefined,
    } = {},
  ): Promise<DeskProduct> =>
    vendor.send(
      'POST',
      `/vendors/${vendorId}/products`,
      {
        title,
        description: `${title}, made by hand`,
        listPrice: { amount: list, currency },
        floorPrice: { amount: floor, currency },
        stock,
      },
      DeskProduct,
      key,
    ),

  approve: (vendor: Person, vendorId: VendorId, channelId: ChannelId) =>
    vendor.send('PUT', `/vendors/${vendorId}/channels/${channelId}`, undefined, z.unknown()),

  schedule: (host: Person, channelId: ChannelId, title = 'Tea evening'): Promise<DeskStream> =>
    host.send(
      'POST',
      `/channels/${channelId}/streams`,
      { title, startsAt: '2030-01-01T18:00:00Z', currency: 'USD' },
      DeskStream,
    ),
};
