import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ProductView } from '#contract/catalog.ts';
import { DropDeskView } from '#contract/drops.ts';
import type { StreamId } from '#contract/ids.ts';
import { repeat } from '#server/platform/lifetime.ts';
import type { Show } from './seed.ts';

const pinEveryMs = 50_000;
const dropEveryMs = 180_000;
const firstDropMs = 15_000;
const restockBelow = 4;

/** Runs the show: pins one product after the other, releases a drop every three minutes, and has stock brought. */
export function direct(show: Show, streamId: StreamId): AsyncDisposable {
  const { cast, products } = show;
  let turn = 0;
  const complain = (fault: unknown) =>
    console.log(`[demo] ${fault instanceof Error ? fault.message : String(fault)}`);

  const pin = async (): Promise<void> => {
    const product = products[turn % products.length];
    turn += 1;
    if (product === undefined) return;
    await restock(product);
    const body = { productId: product.productId, key: randomUUID() };
    await cast.Hana.send('PUT', `/streams/${streamId}/pinned`, body, z.unknown());
  };

  const restock = async ({ productId, vendorId, owner }: Show['products'][number]): Promise<void> => {
    const { variants } = await cast[owner].get(`/products/${productId}`, ProductView);
    if ((variants[0]?.stock.available ?? 0) >= restockBelow) return;
    const change = { kind: 'restock', quantity: 20, reason: 'brought from the store room' };
    await cast[owner].send(
      'POST',
      `/vendors/${vendorId}/products/${productId}/stock-changes`,
      change,
      z.unknown(),
    );
  };

  const drop = async (): Promise<void> => {
    const desk = await cast.Hana.get(
      `/streams/${streamId}/desk/drops`,
      z.object({ drops: z.array(DropDeskView) }),
    );
    if (desk.drops.some(({ state }) => state === 'open')) return;
    const teapot = products[0];
    if (teapot === undefined) return;
    await restock(teapot);
    const form = {
      title: 'Teapot drop',
      coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'USD' } },
      minimumSpend: { amount: 3000, currency: 'USD' },
      productIds: [teapot.productId],
      stock: 5,
      claimWindowMs: 120_000,
      validity: { kind: 'after-grant', minutes: 15 },
    };
    const made = await cast.Hana.send('POST', `/streams/${streamId}/drops`, form, DropDeskView);
    for (const { vendorId, state } of made.approvals)
      if (state === 'asked')
        await cast[teapot.owner].send(
          'PUT',
          `/drops/${made.dropId}/approvals/${vendorId}`,
          { decision: 'approved' },
          z.unknown(),
        );
    await cast.Hana.send('POST', `/drops/${made.dropId}/release`, undefined, z.unknown());
  };

  pin().catch(complain);
  const first = setTimeout(() => void drop().catch(complain), firstDropMs);
  const running = [repeat(pinEveryMs, pin, complain), repeat(dropEveryMs, drop, complain)];
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(first);
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
