import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { DeskProduct } from '#contract/catalog.ts';
import { OrderView, PayAnswer, PlacedOrder } from '#contract/checkout.ts';
import type { StreamId, VendorId } from '#contract/ids.ts';
import { PaymentConfig, PayoutLink, PayoutStatus } from '#contract/payments.ts';
import type { Person } from './cast.ts';

/** What is bought: one unit of a product in a room, with a coupon of the wallet or without. */
export type Wish = { product: DeskProduct; streamId: StreamId; total: number; coupon?: string };

/** Ways of a buyer and of a vendor who is paid through the API, as the panel and the desk go. */
export const purse = {
  /** A confirmation token as the panel makes one, out of a card's number. */
  async token(person: Person, number = '4242424242424242'): Promise<string> {
    const { publishableKey } = await person.get('/payments/config', PaymentConfig);
    const response = await fetch(`${person.address}/stripe-sim/v1/confirmation_tokens`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${publishableKey}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        'payment_method_data[type]': 'card',
        'payment_method_data[card][number]': number,
        'payment_method_data[card][exp_month]': '12',
        'payment_method_data[card][exp_year]': '2034',
        'payment_method_data[card][cvc]': '737',
      }),
    });
    return z.object({ id: z.string() }).parse(await response.json()).id;
  },

  place: (buyer: Person, { product, streamId, total, coupon }: Wish, key: string = randomUUID()) =>
    buyer.send(
      'POST',
      '/orders',
      {
        lines: [{ productId: product.productId, variantId: product.variants[0]?.variantId, quantity: 1 }],
        streamId,
        quotedTotal: { amount: total, currency: 'USD' },
        ...(coupon === undefined ? {} : { coupon }),
      },
      PlacedOrder,
      key,
    ),

  pay: async (buyer: Person, orderId: string, number?: string) =>
    buyer.send(
      'POST',
      `/orders/${orderId}/payments`,
      { confirmationToken: await purse.token(buyer, number) },
      PayAnswer,
    ),

  order: (buyer: Person, orderId: string) => buyer.get(`/orders/${orderId}`, OrderView),

  /** Connects a vendor's payouts; `finish` stands for the payment service's own page. */
  async connect(vendor: Person, vendorId: VendorId, finish: (accountId: string) => unknown): Promise<void> {
    const { url } = await vendor.send(
      'POST',
      `/vendors/${vendorId}/payout/connect`,
      { returnPath: '/vendor' },
      PayoutLink,
    );
    await finish(/acct_\w+/.exec(url)?.[0] ?? '');
  },

  isPayable: async (vendor: Person, vendorId: VendorId): Promise<boolean> =>
    (await vendor.get(`/vendors/${vendorId}/payout`, PayoutStatus)).isPayable,
};
