import type { SellingTerms, StockPolicy } from '#contract/catalog.ts';
import type { Delivery, Quote, QuoteAsk, Seller } from '#contract/checkout.ts';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import type { ChannelId, PersonId, StreamId } from '#contract/ids.ts';
import { Price } from '#contract/money.ts';
import { type CouponTerm, type PriceInput, type Product, price, rulesFor } from '../catalog/index.ts';
import { type Checkout, nowOf } from './parts.ts';
import type { PriceTerm, TermEffect } from './ports.ts';
import type { Order } from './store.ts';

/** How long a quoted total is good for. */
const quoteMs = 5 * 60_000;

/** A priced ask: what an order is made of. */
export type Priced = Pick<
  Order,
  'vendorId' | 'streamId' | 'channelId' | 'seller' | 'lines' | 'totals' | 'discounts' | 'terms' | 'fee'
> & {
  /** How the vendor sells, as far as placing depends on it. */
  selling: { vendorName: string; stockPolicy: StockPolicy; needsDelivery: boolean; isTotalFinal: boolean };
};

/**
 * Prices an ask by the one engine, with its coupon, and with the vendor's shipping and tax to where it goes. Nothing is
 * taken, and no price of the client's is read.
 */
export async function priceAsk(
  checkout: Checkout,
  personId: PersonId,
  ask: QuoteAsk & { delivery?: Delivery | undefined },
): Promise<Result<Priced, ErrorCode>> {
  const { catalog, rooms, payments, identity } = checkout;
  const products = new Map(
    (await catalog.products.many([...new Set(ask.lines.map(({ productId }) => productId))])).map((one) => [
      one.productId,
      one,
    ]),
  );
  const found = ask.lines.map((line) => {
    const product = products.get(line.productId);
    const variant = product?.variants.find(({ variantId }) => variantId === line.variantId);
    return product && variant && { ...line, product, variant };
  });
  const known = found.filter((line) => line !== undefined);
  const [first, ...others] = known;
  if (first === undefined || known.length < found.length) return refuse('not-found');
  if (known.some(({ product, variant }) => product.isRetired || variant.isRetired))
    return refuse('product-retired');
  const { vendorId } = first.product;
  if (others.some(({ product }) => product.vendorId !== vendorId)) return refuse('one-vendor-per-order');
  const { currency } = first.variant.listPrice;
  if (others.some(({ variant }) => variant.listPrice.currency !== currency))
    return refuse('currency-mismatch');

  const room = await roomOf(rooms, ask.streamId, products, currency);
  if (!room.ok) return room;

  const term = await couponOf(checkout, personId, ask, known);
  if (!term.ok) return term;
  const terms = await catalog.sellingTerms.of(vendorId);
  const rules = rulesFor(terms, currency, ask.delivery ?? ask.destination);
  if (!rules.ok) return rules;
  const { isFinal, ...sending } = rules.value;
  const [vendor] = await identity.vendors.many([vendorId]);
  const vendorName = vendor?.name ?? '';
  const breakdown = price({
    lines: [lineOf(first), ...others.map(lineOf)],
    ...sending,
    ...(term.value && { coupon: couponTermOf(term.value.effect) }),
  });
  const { goods, discount, shipping, tax, isTaxIncluded, total } = breakdown;
  if (![goods, shipping, tax, total].every((sum) => Price.safeParse(sum).success))
    return refuse('invalid-request', 'the total is more than one order may come to');
  // What is not final may yet grow by its shipping and tax.
  if (isFinal && total.amount < payments.leastCharge(currency).amount) return refuse('total-too-small');
  return accept({
    vendorId,
    streamId: ask.streamId,
    channelId: room.value,
    seller: sellerOf(terms, vendorName),
    selling: {
      vendorName,
      stockPolicy: terms.stockPolicy,
      needsDelivery: terms.needsDelivery,
      isTotalFinal: isFinal,
    },
    lines: known.map(({ productId, variantId, quantity, product, variant }, index) => {
      const priced = breakdown.lines[index];
      if (priced === undefined) throw new Error('the price engine left a line out');
      const { unit, subtotal, discount: off, total: sum } = priced;
      return {
        productId,
        variantId,
        title: product.title,
        variantTitle: variant.title,
        pictureId: product.pictureId,
        quantity,
        list: variant.listPrice,
        unit,
        subtotal,
        discount: off,
        total: sum,
      };
    }),
    totals: { goods, discount, shipping, tax, isTaxIncluded, total },
    discounts: breakdown.funders,
    terms: term.value ? [{ kind: term.value.kind, ref: term.value.ref, label: term.value.effect.label }] : [],
    fee: payments.feeOf({ amount: goods.amount - discount.amount, currency }),
  });
}

/** A quote for people to look at before they pay. */
export async function quote(
  checkout: Checkout,
  personId: PersonId,
  ask: QuoteAsk,
): Promise<Result<Quote, ErrorCode>> {
  const priced = await priceAsk(checkout, personId, ask);
  if (!priced.ok) return priced;
  const { vendorId, streamId, seller, lines, totals, terms, selling } = priced.value;
  const now = nowOf(checkout);
  const [coupon] = terms;
  return accept({
    vendorId,
    ...selling,
    seller,
    streamId,
    lines,
    totals,
    ...(coupon && { coupon: { ref: coupon.ref, label: coupon.label } }),
    quotedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + quoteMs).toISOString(),
  });
}

function sellerOf(terms: SellingTerms, vendorName: string): Seller {
  const { legalName, legalAddress, contactEmail, taxNumber, conditions, dispatchDays } = terms;
  return {
    legalName: legalName || vendorName,
    legalAddress,
    contactEmail,
    taxNumber,
    conditions,
    dispatchDays,
  };
}

async function roomOf(
  rooms: Checkout['rooms'],
  streamId: StreamId | undefined,
  products: ReadonlyMap<Product['productId'], Product>,
  currency: string,
): Promise<Result<ChannelId | undefined, 'not-found' | 'not-in-showcase' | 'currency-mismatch'>> {
  if (streamId === undefined) return accept(undefined);
  const stream = await rooms.streams.get(streamId);
  if (stream === undefined) return refuse('not-found');
  for (const productId of products.keys())
    if (!(await rooms.showcase.has(streamId, productId))) return refuse('not-in-showcase');
  return stream.currency === currency ? accept(stream.channelId) : refuse('currency-mismatch');
}

type Known = QuoteAsk['lines'][number] & { variant: Product['variants'][number] };

const lineOf = ({ variantId, quantity, variant }: Known): PriceInput['lines'][number] => ({
  variantId,
  quantity,
  list: variant.listPrice,
  floor: variant.floorPrice,
});

async function couponOf(
  checkout: Checkout,
  personId: PersonId,
  ask: QuoteAsk,
  known: readonly Known[],
): Promise<Result<{ kind: string; ref: string; effect: TermEffect } | undefined, ErrorCode>> {
  if (ask.coupon === undefined) return accept(undefined);
  const term: PriceTerm | undefined = [...checkout.terms.values()].find(({ stage }) => stage === 'coupon');
  if (term === undefined) return refuse('coupon-not-yours');
  const effect = await term.quote({
    personId,
    ref: ask.coupon,
    streamId: ask.streamId,
    lines: known.map(({ productId, variantId, quantity, variant }) => ({
      productId,
      variantId,
      quantity,
      list: variant.listPrice,
    })),
    now: nowOf(checkout),
  });
  return effect.ok ? accept({ kind: term.kind, ref: ask.coupon, effect: effect.value }) : effect;
}

/** The term has looked at its own minimum spend. */
const couponTermOf = ({ amountOff, appliesTo, funders }: TermEffect): CouponTerm => ({
  amountOff,
  appliesTo,
  funders,
  minimumSpend: { amount: 0, currency: amountOff.currency },
});
