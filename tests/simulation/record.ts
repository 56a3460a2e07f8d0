import { AsyncLocalStorage } from 'node:async_hooks';
import { ChannelId, type OrderId, ProductId, StreamId, VariantId, VendorId } from '#contract/ids.ts';
import {
  memoryProductStore,
  memorySellingTermsStore,
  memoryStockStore,
} from '#server/catalog/store.memory.ts';
import { memoryAddressStore } from '#server/checkout/addresses.memory.ts';
import { memoryCartStore } from '#server/checkout/carts.memory.ts';
import { memoryInvoiceSeries, memoryOrderStore } from '#server/checkout/store.memory.ts';
import { memoryInbox } from '#server/payments/inbox.memory.ts';
import { memoryJournal } from '#server/payments/journal.memory.ts';
import { memoryPaymentStore } from '#server/payments/store.memory.ts';
import type { OutboxEvent } from '#server/platform/outbox.ts';
import type { Coupon } from './wallet.ts';

export const channelId = ChannelId.parse('ch_room');
export const streamId = StreamId.parse('stream_room');

/** What is sold: list and floor price in cents, and how many units were put in. */
export type Ware = {
  vendorId: VendorId;
  productId: ProductId;
  variantId: VariantId;
  list: number;
  floor: number;
  units: number;
};

/** Takes an event to whoever subscribed in the process that relays it. */
export type Deliver = (event: OutboxEvent) => Promise<void>;

/** The record that all processes share: the memory twins. It outlives every process. */
export function openRecord() {
  /** Which process relays an order's events: the twin has one `deliver` for all of them. */
  const relaying = new AsyncLocalStorage<Deliver>();
  let ids = 0;
  return {
    relaying,
    newId: (): string => {
      ids += 1;
      return `step-${ids}`;
    },
    products: memoryProductStore(),
    stock: memoryStockStore(),
    terms: memorySellingTermsStore(),
    orders: memoryOrderStore(async (event) => relaying.getStore()?.(event)),
    invoices: memoryInvoiceSeries(),
    carts: memoryCartStore(),
    addresses: memoryAddressStore(),
    payments: memoryPaymentStore(),
    inbox: memoryInbox(),
    journal: memoryJournal(),
    coupons: new Map<string, Coupon>(),
    orderIds: new Set<OrderId>(),
    timeline: [] as { id: string }[],
    wares: [] as Ware[],
  };
}

export type Record = ReturnType<typeof openRecord>;

/** A vendor with a finished payout account. */
export async function openVendor({ payments }: Record, number: number): Promise<VendorId> {
  const vendorId = VendorId.parse(`vnd_${number}`);
  const account = { accountId: `acct_${number}`, vendorId, canBePaid: true, hasSubmittedDetails: true };
  await payments.savePayout(vendorId, { ...account, missing: [] }, new Date(0));
  return vendorId;
}

/** Puts a product of one variant on the shelf, with its units. */
export async function stockUp(record: Record, ware: Omit<Ware, 'productId' | 'variantId'>): Promise<Ware> {
  const number = record.wares.length + 1;
  const productId = ProductId.parse(`prd_${number}`);
  const variantId = VariantId.parse(`var_${number}`);
  const { vendorId, list, floor, units } = ware;
  await record.stock.open(variantId, productId);
  const step = `opening-${number}`;
  const why = { cause: 'opening' as const, quantity: units, reason: '', at: 0 };
  await record.stock.intend(variantId, { ...why, step, movementId: step, rev: 0 });
  const moved = await record.stock.move(variantId, step, { ...why, id: step, reference: step });
  if (moved === undefined) throw new Error('the shelf stays empty');
  const { productId: _, ...balances } = moved;
  await record.stock.append({ ...why, ...balances, id: step, reference: step, variantId });
  await record.stock.settle(variantId, { written: { id: step, told: moved } });
  const price = (amount: number) => ({ amount, currency: 'USD' as const });
  await record.products.insert({
    productId,
    vendorId,
    title: `Ware ${number}`,
    description: '',
    attributes: [],
    pictureId: undefined,
    variants: [{ variantId, listPrice: price(list), floorPrice: price(floor), isRetired: false }],
    isRetired: false,
    version: 1,
    createdAt: new Date(0),
  });
  const known = { ...ware, productId, variantId };
  record.wares.push(known);
  return known;
}
