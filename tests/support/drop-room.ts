import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { DeskProduct } from '#contract/catalog.ts';
import { ClaimAnswer, DropDeskView, type DropForm, DropsSnapshot, DropView } from '#contract/drops.ts';
import type { ChannelId, DropId, StreamId, VendorId } from '#contract/ids.ts';
import type { LiveClient } from '../../scripts/clients/live-client.ts';
import type { Person, Reply } from './cast.ts';
import { openHouse, openSocket, type TestHouse } from './house.ts';
import { shop } from './shop.ts';

/** A house in which Hana is on air and shows Aki's teapot (40.00); Aki's coat is not in the showcase. */
export type DropRoom = AsyncDisposable & {
  house: TestHouse;
  aki: Person;
  hana: Person;
  vendorId: VendorId;
  channelId: ChannelId;
  streamId: StreamId;
  teapot: DeskProduct;
  coat: DeskProduct;
  /** The walk-through's drop: 10.00 off the teapot from 30.00 on, by Aki. */
  form(stock: number, more?: Partial<z.input<typeof DropForm>>): z.input<typeof DropForm>;
  prepare(form: z.input<typeof DropForm>, streamId?: StreamId): Promise<DropDeskView>;
  approve(dropId: DropId, decision?: 'approved' | 'refused'): Promise<Reply>;
  release(dropId: DropId): Promise<Reply>;
  /** Prepared, approved and open; the drop that was open before is closed. */
  open(form: z.input<typeof DropForm>): Promise<DropDeskView>;
  closeOpen(): Promise<void>;
  claim(person: Person, dropId: DropId, key?: string): Promise<ClaimAnswer>;
  onAir(...products: DeskProduct[]): Promise<StreamId>;
};

export async function openDropRoom(options: Parameters<typeof openHouse>[0] = {}): Promise<DropRoom> {
  const house = await openHouse(options);
  const aki = await house.visit('aki');
  const hana = await house.visit('hana');
  const vendorId = await shop.openVendor(aki);
  const channelId = await shop.openChannel(hana);
  await shop.approve(aki, vendorId, channelId);
  const teapot = await shop.addProduct(aki, vendorId, {
    title: 'Teapot',
    list: 4000,
    floor: 2500,
    stock: 20,
  });
  const coat = await shop.addProduct(aki, vendorId, { title: 'Coat', list: 12_000, floor: 9000 });

  const good = (reply: Reply): Reply => {
    if (reply.status >= 400) throw new Error(`answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply;
  };
  const onAir = async (...products: DeskProduct[]): Promise<StreamId> => {
    const { streamId } = await shop.schedule(hana, channelId);
    for (const { productId } of products)
      good(await hana.call('PUT', `/streams/${streamId}/showcase/${productId}`));
    good(await hana.call('POST', `/streams/${streamId}/go-live`));
    return streamId;
  };
  const streamId = await onAir(teapot);
  const prepare = (form: z.input<typeof DropForm>, where = streamId) =>
    hana.send('POST', `/streams/${where}/drops`, form, DropDeskView);
  const approve = (dropId: DropId, decision = 'approved') =>
    aki.call('PUT', `/drops/${dropId}/approvals/${vendorId}`, { decision });
  const release = (dropId: DropId) => hana.call('POST', `/drops/${dropId}/release`);
  const closeOpen = async (): Promise<void> => {
    const { drops } = await hana.get(`/streams/${streamId}/drops`, z.object({ drops: z.array(DropView) }));
    for (const { dropId, state } of drops)
      if (state === 'open') good(await hana.call('POST', `/drops/${dropId}/close`));
  };
  return {
    ...{
      house,
      aki,
      hana,
      vendorId,
      channelId,
      streamId,
      teapot,
      coat,
      prepare,
      approve,
      release,
      onAir,
      closeOpen,
    },
    form: (stock, more = {}) => ({
      title: 'Teapot',
      coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'USD' } },
      minimumSpend: { amount: 3000, currency: 'USD' },
      productIds: [teapot.productId],
      stock,
      claimWindowMs: 120_000,
      validity: { kind: 'after-grant', minutes: 15 },
      ...more,
    }),
    async open(form) {
      await closeOpen();
      const { dropId } = await prepare(form);
      good(await approve(dropId));
      return DropDeskView.parse(good(await release(dropId)).body);
    },
    claim: (person, dropId, key = randomUUID()) =>
      person.send('POST', `/drops/${dropId}/claims`, undefined, ClaimAnswer, key),
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

/** Enters a room and answers the snapshot's part about drops. */
export async function enterRoom(
  person: Person,
  streamId: StreamId,
  address = person.address,
): Promise<{ socket: LiveClient; drops: DropsSnapshot }> {
  const socket = await openSocket(person, address);
  const { value } = await socket.ask('room.enter', { streamId });
  const { snapshot } = value as { snapshot: { drops: unknown } };
  return { socket, drops: DropsSnapshot.parse(snapshot.drops) };
}
