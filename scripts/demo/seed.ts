import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { DeskProduct, pageOf, type SellingTerms, SellingTermsView } from '#contract/catalog.ts';
import { ChannelView, Me, VendorView } from '#contract/identity.ts';
import { type ChannelId, PictureId, type ProductId, type StreamId, type VendorId } from '#contract/ids.ts';
import { PayoutLink, PayoutStatus } from '#contract/payments.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import { DeskStream } from '#contract/rooms.ts';
import type { HttpClient } from '../clients/http-client.ts';
import { enter, type Handle, people } from './cast.ts';
import { goods, terms } from './goods.ts';
import { renderPicture } from './picture.ts';

export type Show = {
  address: string;
  cast: Record<Handle, HttpClient>;
  channelId: ChannelId;
  vendors: Record<'Aki' | 'Bo', VendorId>;
  products: { productId: ProductId; vendorId: VendorId; owner: 'Aki' | 'Bo'; title: string }[];
};

/**
 * Brings the demo's shop about, through the API as its pages would; a second run finds everything and changes nothing.
 * `grant` gives a platform role, which no API gives to the first one.
 */
export async function seedShow(
  address: string,
  grant: (accountId: string, role: RoleGrant) => Promise<void>,
): Promise<Show> {
  const entries = people.map(async ({ handle }) => [handle, await enter(address, handle)] as const);
  // One entry a handle of the list above.
  const cast = Object.fromEntries(await Promise.all(entries)) as Record<Handle, HttpClient>;
  await grant(await accountOf(cast.Ana), { role: 'analyst' });
  await grant(await accountOf(cast.Olga), { role: 'operator' });
  const channel = await cast.Hana.send('POST', '/channels', { title: 'Hana' }, ChannelView, 'demo-channel');
  const [aki, bo] = await Promise.all([openVendor(cast.Aki, 'Aki'), openVendor(cast.Bo, 'Bo')]);
  const vendors = { Aki: aki, Bo: bo };
  const products: Show['products'] = [];
  for (const owner of ['Aki', 'Bo'] as const) {
    const vendorId = vendors[owner];
    await cast[owner].send(
      'PUT',
      `/vendors/${vendorId}/channels/${channel.channelId}`,
      undefined,
      z.unknown(),
    );
    await setTerms(cast[owner], vendorId, terms[owner]);
    for (const one of goods[owner]) {
      const { productId, title } = await addProduct(cast[owner], vendorId, one);
      products.push({ productId, vendorId, owner, title });
    }
  }
  return { address, cast, channelId: channel.channelId, vendors, products };
}

/** The stream on air: the one that was live before a restart, else a new one with everything in its showcase. */
export async function openStream({ cast, channelId, products }: Show): Promise<StreamId> {
  const desk = await cast.Hana.get(`/channels/${channelId}/desk`, pageOf(DeskStream));
  const live = desk.items.find(({ state }) => state === 'live');
  if (live) return live.streamId;
  const cover = await uploadPicture(cast.Hana, 'scene', 1280, 720);
  const waiting = desk.items.find(({ state, title }) => state === 'scheduled' && title === streamTitle);
  const wish = {
    title: streamTitle,
    startsAt: new Date().toISOString(),
    currency: 'USD',
    coverPictureId: cover,
  };
  const stream =
    waiting ?? (await cast.Hana.send('POST', `/channels/${channelId}/streams`, wish, DeskStream));
  const productIds = products.map(({ productId }) => productId);
  for (const productId of productIds)
    await cast.Hana.send('PUT', `/streams/${stream.streamId}/showcase/${productId}`, undefined, z.unknown());
  await cast.Hana.send('POST', `/streams/${stream.streamId}/go-live`, undefined, z.unknown());
  return stream.streamId;
}

const streamTitle = 'Autumn tea, wool and a little rain';

const coming = [
  { title: 'Winter coats, tried on slowly', inDays: 1, pictureName: 'coat' },
  { title: 'Three teas for a long evening', inDays: 3, pictureName: 'tin' },
];

/** Keeps something planned: what has passed is planned again. */
export async function planStreams({ cast, channelId }: Show): Promise<void> {
  const desk = await cast.Hana.get(`/channels/${channelId}/desk`, pageOf(DeskStream));
  const planned = desk.items.filter(
    ({ state, startsAt }) => state === 'scheduled' && Date.parse(startsAt) > Date.now(),
  );
  for (const { title, inDays, pictureName } of coming) {
    if (planned.some((stream) => stream.title === title)) continue;
    const startsAt = new Date(Date.now() + inDays * 86_400_000);
    startsAt.setUTCHours(18, 0, 0, 0);
    const coverPictureId = await uploadPicture(cast.Hana, pictureName, 1280, 720);
    const wish = { title, startsAt: startsAt.toISOString(), currency: 'USD', coverPictureId };
    await cast.Hana.send('POST', `/channels/${channelId}/streams`, wish, DeskStream);
  }
}

async function accountOf(client: HttpClient): Promise<string> {
  const me = await client.get('/me', Me);
  if (me.kind !== 'account') throw new Error('the demo signed in, but as nobody');
  return me.accountId;
}

async function openVendor(client: HttpClient, name: string): Promise<VendorId> {
  const { vendorId } = await client.send('POST', '/vendors', { name }, VendorView, `demo-vendor-${name}`);
  const status = () => client.get(`/vendors/${vendorId}/payout`, PayoutStatus);
  if ((await status()).isPayable) return vendorId;
  const { url } = await client.send(
    'POST',
    `/vendors/${vendorId}/payout/connect`,
    { returnPath: '/vendor' },
    PayoutLink,
  );
  // The simulator's page has one button; this presses it.
  await fetch(new URL(url, client.address), { method: 'POST', redirect: 'manual' });
  for (let tries = 0; tries < 40; tries += 1) {
    if ((await status()).isPayable) return vendorId;
    await wait(250);
  }
  throw new Error(`${name} cannot be paid: the payment service sent no word`);
}

/** Sets the vendor's terms, unless some were set before. */
async function setTerms(client: HttpClient, vendorId: VendorId, wanted: SellingTerms): Promise<void> {
  const path = `/vendors/${vendorId}/selling-terms`;
  const { version } = await client.get(path, SellingTermsView);
  if (version > 0) return;
  const { status } = await client.call('PUT', path, wanted, { 'if-match': '"0"' });
  if (status !== 200) throw new Error(`the terms of ${wanted.legalName} were answered ${status}`);
}

async function addProduct(
  client: HttpClient,
  vendorId: VendorId,
  one: (typeof goods)['Aki'][number],
): Promise<DeskProduct> {
  const known = await client.get(`/vendors/${vendorId}/products`, pageOf(DeskProduct));
  const found = known.items.find(({ title }) => title === one.title);
  if (found) return found;
  const price = (amount: number) => ({ amount, currency: 'USD' });
  const wish = {
    title: one.title,
    description: one.description,
    listPrice: price(one.list),
    floorPrice: price(one.floor),
    stock: one.stock,
    ...(one.variantTitle && { variantTitle: one.variantTitle }),
    pictureId: await uploadPicture(client, one.picture, 800, 800),
  };
  const path = `/vendors/${vendorId}/products`;
  const made = await client.send('POST', path, wish, DeskProduct, `demo-product-${one.picture}`);
  for (const { title, stock } of one.others ?? []) {
    const variant = { title, listPrice: price(one.list), floorPrice: price(one.floor), stock };
    const key = `demo-variant-${one.picture}-${title}`;
    await client.send('POST', `${path}/${made.productId}/variants`, variant, DeskProduct, key);
  }
  return made;
}

async function uploadPicture(
  client: HttpClient,
  name: string,
  width: number,
  height: number,
): Promise<PictureId> {
  const picture = await renderPicture(name, width, height);
  const form = new FormData();
  form.set('file', new File([new Uint8Array(picture)], `${name}.png`, { type: 'image/png' }));
  return (await client.send('POST', '/pictures', form, z.object({ pictureId: PictureId }))).pictureId;
}
