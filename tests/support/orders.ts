import { randomUUID } from 'node:crypto';
import { AccountId, OrderId, ProductId, RefundId, VariantId, VendorId } from '#contract/ids.ts';
import type { Order } from '#server/checkout/index.ts';

const fresh = () => randomUUID().replaceAll('-', '');
export const at = new Date('2026-03-01T12:00:00Z');
const price = (amount: number) => ({ amount, currency: 'USD' as const });

/** An order just placed: one teapot of 100.00 with 70.00 off. */
export const orderOf = (more: Partial<Order> = {}): Order => ({
  orderId: OrderId.parse(`ord_${fresh()}`),
  personId: AccountId.parse(`acc_${fresh()}`),
  vendorId: VendorId.parse(`vnd_${fresh()}`),
  streamId: undefined,
  channelId: undefined,
  state: 'pending',
  version: 1,
  askDigest: 'digest',
  seller: { legalName: 'Aki', legalAddress: '', conditions: '' },
  lines: [
    {
      productId: ProductId.parse('prd_teapot'),
      variantId: VariantId.parse('var_teapot'),
      title: 'Teapot',
      quantity: 1,
      list: price(10_000),
      unit: price(10_000),
      subtotal: price(10_000),
      discount: price(7000),
      total: price(3000),
    },
  ],
  totals: {
    goods: price(10_000),
    discount: price(7000),
    shipping: price(0),
    tax: price(0),
    isTaxIncluded: false,
    total: price(3000),
  },
  discounts: [{ funder: 'vendor', amount: price(7000) }],
  fee: price(150),
  terms: [{ kind: 'coupon', ref: 'grant_1', label: 'Drop' }],
  email: undefined,
  delivery: { name: 'W1', street: 'Long Lane 1', city: 'York', postcode: 'YO1', country: 'GB' },
  placedAt: at,
  holdEndsAt: new Date(at.getTime() + 300_000),
  holdOwner: 'owner',
  adopted: [],
  isFromCart: false,
  capture: 'now',
  attempts: 0,
  paying: undefined,
  openIntents: [],
  refusedIntents: [],
  ending: undefined,
  paid: undefined,
  invoiceNumber: undefined,
  tracking: undefined,
  refunds: [],
  dispute: undefined,
  lastFailure: undefined,
  refusal: undefined,
  history: [{ at, state: 'pending', cause: 'placed' }],
  ...more,
});

/** A refund of 10.00 that was asked for. */
export const refund = (more: Partial<Order['refunds'][number]> = {}): Order['refunds'][number] => ({
  refundId: RefundId.parse('rfd_1'),
  serviceRefundId: undefined,
  state: 'asked',
  amount: price(1000),
  share: { amount: price(1000), fee: price(50), ofCharge: price(950), ofPlatform: price(0), discounts: [] },
  lines: [],
  units: 'keep',
  reason: 'sent back',
  by: 'vendor',
  at: at.getTime(),
  doneAt: undefined,
  askDigest: 'digest',
  ...more,
});
/** A payer's bank asks 30.00 back. */
export const openDispute = (): NonNullable<Order['dispute']> => ({
  disputeId: 'dp_1',
  state: 'open',
  reason: 'fraudulent',
  amount: price(3000),
  evidenceDueAt: at,
  at,
});
