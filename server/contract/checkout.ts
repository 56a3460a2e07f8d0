import { z } from 'zod';
import { StockPolicy } from './catalog.ts';
import { type LiveContract, personal } from './envelope.ts';
import {
  AddressId,
  Instant,
  OrderId,
  PictureId,
  ProductId,
  RefundId,
  StreamId,
  VariantId,
  VendorId,
} from './ids.ts';
import { Price } from './money.ts';
import { Country, Destination, Region } from './region.ts';

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
  /** Where it will be sent: shipping and tax may depend on it. */
  destination: Destination.optional(),
});
export type QuoteAsk = z.infer<typeof QuoteAsk>;

/** Where goods go. */
export const Delivery = z.object({
  name: word(120),
  street: word(200),
  extra: word(200).optional(),
  city: word(120),
  region: Region.optional(),
  postcode: word(20),
  country: Country,
  phone: word(40).optional(),
});
export type Delivery = z.infer<typeof Delivery>;

/** An entry of one's own address book; the default one comes first. */
export const Address = Delivery.extend({ addressId: AddressId, isDefault: z.boolean() });
export type Address = z.infer<typeof Address>;

export const AddressEdit = Delivery.extend({ isDefault: z.boolean().default(false) });
export type AddressEdit = z.infer<typeof AddressEdit>;

export const AddressBook = z.object({ items: z.array(Address) });

/** `delivery`, where given, is the destination. */
export const PlaceOrder = QuoteAsk.extend({
  /** The total that the buyer saw; another one now is `quote-changed`. */
  quotedTotal: Price,
  email: z.email().max(254).optional(),
  delivery: Delivery.optional(),
  /** It is bought out of the cart: its lines leave the cart, and what the cart holds of them becomes the order's. */
  isFromCart: z.boolean().optional(),
});
export type PlaceOrder = z.infer<typeof PlaceOrder>;

/** One line with its price: `total` = `subtotal` − `discount`, `subtotal` = `unit` × `quantity`. */
export const OrderLine = z.object({
  productId: ProductId,
  variantId: VariantId,
  title: z.string(),
  variantTitle: z.string().optional(),
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

/** Who sells, as the law wants it shown: name, address, and on what conditions. */
export const Seller = z.object({
  legalName: z.string(),
  legalAddress: z.string(),
  contactEmail: z.string().optional(),
  taxNumber: z.string().optional(),
  conditions: z.string(),
  dispatchDays: z.int().optional(),
});
export type Seller = z.infer<typeof Seller>;

const priced = {
  vendorId: VendorId,
  vendorName: z.string(),
  seller: Seller,
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
  stockPolicy: StockPolicy,
  /** Whether placing it asks for an address. */
  needsDelivery: z.boolean(),
  /** False: shipping or tax depend on a destination that was not given, and the total will change with it. */
  isTotalFinal: z.boolean(),
});
export type Quote = z.infer<typeof Quote>;

/** One step of an order's life; `cause` is a word like `placed`, `card-declined`, `hold-ended`. */
const OrderStep = z.object({ at: Instant, state: OrderState, cause: z.string() });

/**
 * Money on its way back: `asked` until the payment service has it, `done`, or `failed` when the bank sent it back.
 * `units` says what became of the goods: on the shelf again, written off, or kept by the buyer.
 */
export const OrderRefund = z.object({
  refundId: RefundId,
  state: z.enum(['asked', 'done', 'failed']),
  amount: Price,
  lines: z.array(z.object({ variantId: VariantId, quantity })),
  units: z.enum(['restock', 'write-off', 'keep']),
  reason: z.string(),
  /** `payment-service`: made there, or because money came too late. */
  by: z.enum(['vendor', 'payment-service']),
  at: Instant,
});
export type OrderRefund = z.infer<typeof OrderRefund>;

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
  /** Of the vendor's own series, without gaps; from the moment it is paid. */
  invoiceNumber: z.int().optional(),
  /** What the vendor said of the parcel when it was sent. */
  tracking: z.string().optional(),
  refunds: z.array(OrderRefund),
  /** The sum of what is back or on its way. */
  refunded: Price,
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

/** A payer's bank that asks money back; `open` until it is `won` or `lost`. */
export const Dispute = z.object({
  disputeId: z.string(),
  state: z.enum(['open', 'won', 'lost']),
  /** The bank's word, `fraudulent`, `product_not_received` … */
  reason: z.string(),
  amount: Price,
  evidenceDueAt: Instant.optional(),
  at: Instant,
});
export type Dispute = z.infer<typeof Dispute>;

/** Marks an order as sent. */
export const FulfilOrder = z.object({ tracking: word(200).optional() });
export type FulfilOrder = z.infer<typeof FulfilOrder>;

/**
 * Money back. Without `amount` it is what was paid for the named lines; without lines and amount, all that is left,
 * with every unit not yet returned.
 */
export const RefundOrder = z.object({
  lines: z
    .array(z.object({ variantId: VariantId, quantity }))
    .max(20)
    .refine(
      (lines) => new Set(lines.map(({ variantId }) => variantId)).size === lines.length,
      'each variant once',
    )
    .default([]),
  amount: Price.refine(({ amount }) => amount > 0, 'a refund is more than zero').optional(),
  units: z.enum(['restock', 'write-off', 'keep']),
  reason: word(200),
});
export type RefundOrder = z.infer<typeof RefundOrder>;

/** Which sales a desk lists. */
export const DeskOrderFilter = z.object({
  state: z.enum(['to-send', 'sent', 'refunded', 'disputed']).optional(),
});
export type DeskOrderFilter = z.infer<typeof DeskOrderFilter>;

/**
 * A cart line with the price of now. `priceWas` differs after a change; `problem` keeps it from being bought.
 * `heldUntil` stands where the vendor holds stock from the cart on.
 */
export const CartLine = z.object({
  productId: ProductId,
  variantId: VariantId,
  title: z.string(),
  variantTitle: z.string().optional(),
  pictureId: PictureId.optional(),
  quantity,
  unit: Price,
  priceWas: Price,
  available: z.int().nonnegative(),
  heldUntil: Instant.optional(),
  problem: z.enum(['retired', 'sold-out', 'not-enough', 'not-in-showcase']).optional(),
});
export type CartLine = z.infer<typeof CartLine>;

/** One person's cart at one vendor. `version` grows with every change: newest wins. Without lines it is gone. */
export const Cart = z.object({
  vendorId: VendorId,
  vendorName: z.string(),
  streamId: StreamId.optional(),
  stockPolicy: StockPolicy,
  lines: z.array(CartLine),
  /** Goods at the prices of now, before coupon, shipping and tax. */
  goods: Price.optional(),
  version: z.int(),
});
export type Cart = z.infer<typeof Cart>;

export const Carts = z.object({ items: z.array(Cart) });

/** Sets how many of a variant are in the cart; zero takes the line out. */
export const CartEdit = z.object({
  productId: ProductId,
  variantId: VariantId,
  quantity: z.int().min(0).max(99),
  streamId: StreamId.optional(),
});
export type CartEdit = z.infer<typeof CartEdit>;

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
  invoiceNumber: z.int().optional(),
  tracking: z.string().optional(),
  refunds: z.array(OrderRefund),
  refunded: Price,
  /** What may still be refunded. */
  refundable: Price,
  /** The payer's bank asks the money back. */
  dispute: Dispute.optional(),
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
    /** To the vendor's people: a sale went on: sent, refunded, disputed. */
    'checkout.desk-order-changed': personal(DeskOrder),
    /** To the cart's owner, in every tab: lines, prices or stock of it changed. */
    'checkout.cart-changed': personal(Cart),
  },
} as const satisfies LiveContract;
