import { z } from 'zod';
import { type LiveContract, personal } from './envelope.ts';
import { Instant, OrderId, PictureId, ProductId, StreamId, VariantId, VendorId } from './ids.ts';
import { Price } from './money.ts';

/** `expiring` is on its way to `expired` or `cancelled`: the payment is being called off, stock is still held. */
export const OrderState = z.enum([
  'pending',
  'held',
  'paying',
  'authorised',
  'paid',
  'fulfilled',
  'expiring',
  'cancelled',
  'expired',
  'refunded',
]);
export type OrderState = z.infer<typeof OrderState>;

const quantity = z.int().min(1).max(99);
const word = (max: number) => z.string().trim().min(1).max(max);

/** What is wanted, without prices: those come from the server. */
export const QuoteAsk = z.object({
  lines: z
    .array(z.object({ productId: ProductId, variantId: VariantId, quantity }))
    .min(1)
    .max(20)
    .refine(
      (lines) => new Set(lines.map(({ variantId }) => variantId)).size === lines.length,
      'each variant once',
    ),
  /** The room it is bought in. */
  streamId: StreamId.optional(),
  /** A coupon of the person's wallet, by its grant. */
  coupon: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,80}$/)
    .optional(),
});
export type QuoteAsk = z.infer<typeof QuoteAsk>;

/** Where goods go. */
export const Delivery = z.object({
  name: word(120),
  street: word(200),
  extra: word(200).optional(),
  city: word(120),
  region: word(120).optional(),
  postcode: word(20),
  /** ISO 3166-1, two letters. */
  country: z.string().regex(/^[A-Z]{2}$/),
  phone: word(40).optional(),
});
export type Delivery = z.infer<typeof Delivery>;

export const PlaceOrder = QuoteAsk.extend({
  /** The total that the buyer saw; another one now is `quote-changed`. */
  quotedTotal: Price,
  email: z.email().max(254).optional(),
  delivery: Delivery.optional(),
});
export type PlaceOrder = z.infer<typeof PlaceOrder>;

/** One line with its price: `total` = `subtotal` − `discount`, `subtotal` = `unit` × `quantity`. */
export const OrderLine = z.object({
  productId: ProductId,
  variantId: VariantId,
  title: z.string(),
  pictureId: PictureId.optional(),
  quantity,
  list: Price,
  unit: Price,
  subtotal: Price,
  discount: Price,
  total: Price,
});
export type OrderLine = z.infer<typeof OrderLine>;

/** `total` = goods − discount + shipping + tax (unless it is included). */
export const Totals = z.object({
  goods: Price,
  discount: Price,
  shipping: Price,
  tax: Price,
  isTaxIncluded: z.boolean(),
  total: Price,
});
export type Totals = z.infer<typeof Totals>;

const priced = {
  vendorId: VendorId,
  vendorName: z.string(),
  streamId: StreamId.optional(),
  lines: z.array(OrderLine),
  totals: Totals,
  coupon: z.object({ ref: z.string(), label: z.string() }).optional(),
};

export const Quote = z.object({
  ...priced,
  quotedAt: Instant,
  /** After this the total has to be asked anew. */
  expiresAt: Instant,
});
export type Quote = z.infer<typeof Quote>;

/** One step of an order's life; `cause` is a word like `placed`, `card-declined`, `hold-ended`. */
const OrderStep = z.object({ at: Instant, state: OrderState, cause: z.string() });

const PaidCard = z.object({ brand: z.string(), last4: z.string() });

/** An order as its buyer sees it. */
export const OrderView = z.object({
  orderId: OrderId,
  state: OrderState,
  version: z.int(),
  ...priced,
  placedAt: Instant,
  /** Until when stock and coupon are held; the countdown of the panel. */
  holdEndsAt: Instant,
  paidAt: Instant.optional(),
  card: PaidCard.optional(),
  /** Why the last try to pay failed, in the bank's word. */
  lastFailure: z.object({ code: z.string(), at: Instant }).optional(),
  email: z.string().optional(),
  delivery: Delivery.optional(),
  history: z.array(OrderStep),
});
export type OrderView = z.infer<typeof OrderView>;

/** An order just placed. `link` reads it without signing in: guests keep it. */
export const PlacedOrder = OrderView.extend({ link: z.string() });

export const PayOrder = z.object({
  /** Of the panel: `stripe.createConfirmationToken`. */
  confirmationToken: z.string().regex(/^ctoken_[A-Za-z0-9]{1,200}$/),
});

/**
 * `requires-action`: hand `clientSecret` to the panel, the payer authenticates there. `processing`: sent; the word
 * comes as `checkout.order-changed`. `paid`: the order is paid.
 */
export const PayAnswer = z.object({
  status: z.enum(['paid', 'processing', 'requires-action']),
  clientSecret: z.string().optional(),
  order: OrderView,
});
export type PayAnswer = z.infer<typeof PayAnswer>;

/** An order as its vendor sees it: what to send, to whom, and what it brings. */
export const DeskOrder = z.object({
  orderId: OrderId,
  state: OrderState,
  streamId: StreamId.optional(),
  /** The account's handle, or `guest`. */
  buyer: z.string(),
  lines: z.array(OrderLine),
  totals: Totals,
  discounts: z.array(z.object({ funder: z.enum(['vendor', 'host', 'platform']), amount: Price })),
  /** What the platform keeps. */
  fee: Price,
  placedAt: Instant,
  paidAt: Instant.optional(),
  email: z.string().optional(),
  delivery: Delivery.optional(),
  history: z.array(OrderStep),
});
export type DeskOrder = z.infer<typeof DeskOrder>;

export const checkoutLive = {
  fromClient: {},
  toClient: {
    /** To the buyer, at each turn of the order: the receipt too. */
    'checkout.order-changed': personal(OrderView),
    /** To the vendor's people: one more sold. */
    'checkout.sold': personal(DeskOrder),
  },
} as const satisfies LiveContract;
