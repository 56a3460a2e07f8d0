import type { VariantId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { money, portion, splitByWeight } from '../../platform/money.ts';

type Funder = 'vendor' | 'host' | 'platform';

/** What is bought: list and floor price are of one unit. */
type PriceLine = { variantId: VariantId; quantity: number; list: Money; floor: Money };

/** Replaces the list price: a group price or an offer price, of one unit; variants not named keep their list price. */
type UnitPrice = { prices: readonly { variantId: VariantId; price: Money }[] };

/** One amount off, once an order; funder shares are basis points and sum to 10,000. */
export type CouponTerm = {
  amountOff: Money;
  minimumSpend: Money;
  funders: readonly { funder: Funder; basisPoints: number }[];
  appliesTo: 'all' | readonly VariantId[];
};

/** A flat rate, waived from `freeFrom` goods after discount. */
export type ShippingRate = { flat: Money; freeFrom?: Money };

/** Basis points of goods after discount and shipping; added to the total unless prices include it. */
export type TaxRate = { basisPoints: number; isIncluded: boolean };

export type PriceInput = {
  lines: readonly [PriceLine, ...PriceLine[]];
  unitPrice?: UnitPrice;
  coupon?: CouponTerm;
  shipping?: ShippingRate;
  tax?: TaxRate;
};

type BreakdownLine = {
  variantId: VariantId;
  quantity: number;
  unit: Money;
  subtotal: Money;
  discount: Money;
  total: Money;
};

/**
 * How a total came about: `total` = goods − discount + shipping + tax (unless included); line totals sum to
 * goods − discount, and what the funders pay sums to the discount.
 */
export type Breakdown = {
  lines: BreakdownLine[];
  goods: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  isTaxIncluded: boolean;
  total: Money;
  funders: { funder: Funder; amount: Money }[];
  /** `below-minimum`: the coupon's minimum spend is not reached, and it takes nothing off. */
  coupon: 'none' | 'applied' | 'below-minimum';
};

/**
 * The one price engine (RULE-2): list price, then a unit price, then one coupon, then shipping and tax. Integer minor
 * units of one currency throughout; no line goes below its floor, and a coupon that would is cut at the floor.
 * @throws Error on mixed currencies or a quantity that is no positive integer: bugs, since the contract parses both.
 */
export function price({ lines, unitPrice, coupon, shipping, tax }: PriceInput): Breakdown {
  const { currency } = lines[0].list;
  const of = (amount: number): Money => money(amount, currency);
  const minor = (amount: Money): number => {
    if (amount.currency !== currency) throw new Error(`${amount.currency} in an order in ${currency}`);
    return amount.amount;
  };

  const priced = lines.map(({ variantId, quantity, list, floor }) => {
    if (!Number.isSafeInteger(quantity) || quantity < 1) throw new Error(`a quantity of ${quantity}`);
    const special = unitPrice?.prices.find((one) => one.variantId === variantId);
    const unit = Math.max(minor(special?.price ?? list), minor(floor));
    const subtotal = unit * quantity;
    return { variantId, quantity, unit, subtotal, room: subtotal - minor(floor) * quantity };
  });
  const goods = sum(priced.map(({ subtotal }) => subtotal));

  const eligible = priced.filter(({ variantId }) => coupon && isMeant(coupon, variantId));
  const spend = sum(eligible.map(({ subtotal }) => subtotal));
  const isReached = coupon !== undefined && eligible.length > 0 && spend >= minor(coupon.minimumSpend);
  const wanted = isReached ? Math.max(0, minor(coupon.amountOff)) : 0;
  const shares = spread(
    wanted,
    priced.map((line) => (eligible.includes(line) ? { weight: line.subtotal, room: line.room } : empty)),
  );
  const discount = sum(shares);

  const isFree = shipping?.freeFrom !== undefined && goods - discount >= minor(shipping.freeFrom);
  const carried = shipping === undefined || isFree ? 0 : minor(shipping.flat);
  const taxed = goods - discount + carried;
  const isTaxIncluded = tax?.isIncluded ?? false;
  const taxes = tax === undefined ? 0 : taxOf(taxed, tax);

  const paid = splitByWeight(discount, coupon?.funders.map(({ basisPoints }) => basisPoints) ?? []);
  return {
    lines: priced.map(({ variantId, quantity, unit, subtotal }, index) => ({
      variantId,
      quantity,
      unit: of(unit),
      subtotal: of(subtotal),
      discount: of(shares[index] ?? 0),
      total: of(subtotal - (shares[index] ?? 0)),
    })),
    goods: of(goods),
    discount: of(discount),
    shipping: of(carried),
    tax: of(taxes),
    isTaxIncluded,
    total: of(taxed + (isTaxIncluded ? 0 : taxes)),
    funders: discount === 0 ? [] : fundersOf(coupon, paid, of),
    coupon: coupon === undefined ? 'none' : isReached ? 'applied' : 'below-minimum',
  };
}

const empty = { weight: 0, room: 0 };
const sum = (amounts: readonly number[]): number => amounts.reduce((a, b) => a + b, 0);
const isMeant = ({ appliesTo }: CouponTerm, variantId: VariantId): boolean =>
  appliesTo === 'all' || appliesTo.includes(variantId);

/**
 * Spreads an amount over lines by weight without taking more from one than its room; what a full line cannot take
 * goes to the others. Takes the whole amount, or all the room there is.
 */
function spread(amount: number, lines: readonly { weight: number; room: number }[]): number[] {
  const taken = lines.map(() => 0);
  let left = Math.min(amount, sum(lines.map(({ room }) => room)));
  while (left > 0) {
    const open = lines.map(({ weight, room }, index) =>
      room > (taken[index] ?? 0) ? Math.max(weight, 1) : 0,
    );
    const parts = splitByWeight(left, open);
    for (const [index, part] of parts.entries()) {
      const before = taken[index] ?? 0;
      const more = Math.min(part, (lines[index]?.room ?? 0) - before);
      taken[index] = before + more;
      left -= more;
    }
  }
  return taken;
}

function taxOf(amount: number, { basisPoints, isIncluded }: TaxRate): number {
  if (!isIncluded) return portion(amount, basisPoints);
  return amount - Math.round((amount * 10_000) / (10_000 + basisPoints));
}

function fundersOf(
  coupon: CouponTerm | undefined,
  paid: readonly number[],
  of: (amount: number) => Money,
): Breakdown['funders'] {
  return (coupon?.funders ?? []).map(({ funder }, index) => ({ funder, amount: of(paid[index] ?? 0) }));
}
