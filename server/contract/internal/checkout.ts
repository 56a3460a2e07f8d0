import { z } from 'zod';
import { OrderState } from '../checkout.ts';
import {
  ChannelId,
  Instant,
  OrderId,
  PersonId,
  ProductId,
  RefundId,
  StreamId,
  VariantId,
  VendorId,
} from '../ids.ts';
import { Price } from '../money.ts';

const about = {
  orderId: OrderId,
  streamId: StreamId.optional(),
  vendorId: VendorId,
  personId: PersonId,
};

/** Events of an order's outbox. */
export const checkoutEvents = {
  /** Every turn that the buyer should see. */
  orderChanged: {
    type: 'checkout.order-changed',
    schema: z.object({ ...about, state: OrderState, cause: z.string() }),
  },
  orderPaid: {
    type: 'checkout.order-paid',
    schema: z.object({
      ...about,
      channelId: ChannelId.optional(),
      lines: z.array(
        z.object({ productId: ProductId, variantId: VariantId, quantity: z.int(), total: Price }),
      ),
      goods: Price,
      discount: Price,
      total: Price,
      paidAt: Instant,
    }),
  },
  /** It ended without a sale: `expired` or `cancelled`. */
  orderCancelled: {
    type: 'checkout.order-cancelled',
    schema: z.object({ ...about, state: OrderState, cause: z.string() }),
  },
  /** Money went back. `isFull`: all that was paid has by now. `wasSold` false: it came too late for a sale. */
  orderRefunded: {
    type: 'checkout.order-refunded',
    schema: z.object({
      ...about,
      refundId: RefundId,
      amount: Price,
      isFull: z.boolean(),
      wasSold: z.boolean(),
    }),
  },
  /** Money that had gone back has come again: the bank could not give it to the buyer. */
  refundFailed: {
    type: 'checkout.refund-failed',
    schema: z.object({ ...about, refundId: RefundId, amount: Price }),
  },
} as const;

/** Wakes a worker when a hold ends; the stored instant decides. */
export const holdEndsQueue = { name: 'checkout-holds', schema: z.object({ orderId: OrderId }) } as const;
