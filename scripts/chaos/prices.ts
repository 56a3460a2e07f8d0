import { VariantId } from '#contract/ids.ts';
import type { Currency } from '#contract/money.ts';
import { type PriceInput, price } from '#server/catalog/index.ts';
import { type ChaosReport, type Findings, isClean, seededDice } from './report.ts';

/** A price engine under test; the product's own unless a bug is planted. */
type Engine = (input: PriceInput) => ReturnType<typeof price>;
type Answer = ReturnType<Engine>;

const currencies: readonly { currency: Currency; most: number }[] = [
  { currency: 'USD', most: 200_000 },
  { currency: 'EUR', most: 200_000 },
  { currency: 'JPY', most: 3_000_000 },
  { currency: 'KWD', most: 900_000 },
];
const variants = ['var_a', 'var_b', 'var_c', 'var_d'].map((id) => VariantId.parse(id));
const funders = ['vendor', 'host', 'platform'] as const;

/** Bugs on purpose: the checks of a run must find them. */
const planted: Record<string, Engine> = {
  'rounded-per-line': (input) => {
    const told = price(input);
    const { currency } = told.total;
    const share = (amount: number) => ({
      amount: Math.round((told.discount.amount * amount) / Math.max(1, told.goods.amount)),
      currency,
    });
    return { ...told, lines: told.lines.map((line) => ({ ...line, discount: share(line.subtotal.amount) })) };
  },
  'floor-ignored': (input) => {
    const [first, ...others] = input.lines.map((line) => ({ ...line, floor: { ...line.floor, amount: 0 } }));
    return first === undefined ? price(input) : price({ ...input, lines: [first, ...others] });
  },
  'funders-rounded-apart': (input) => {
    const told = price(input);
    return {
      ...told,
      funders: told.funders.map(({ funder, amount }, index) => ({
        funder,
        amount: {
          ...amount,
          amount: Math.round(
            (told.discount.amount * (input.coupon?.funders[index]?.basisPoints ?? 0)) / 10_000,
          ),
        },
      })),
    };
  },
};

/**
 * Prices `cases` seeded orders (1 to 4 lines, coupons with every split of funders, shipping, tax, currencies with 0, 2
 * and 3 decimals) and holds each answer against sums made here. `lost`: minor units that went missing; `oversold`:
 * below a floor or below zero; `doubled`: funders who pay another sum than the discount; `undersold`: a coupon that took
 * less than it could.
 */
export function breakPrices(seed: number, { cases }: { cases: number }): ChaosReport {
  const controls = Object.entries(planted).map(([name, engine]) => ({
    name,
    caught: !isClean(findingsOf(seed, Math.min(cases, 5000), engine)),
  }));
  return { name: 'prices', seed, ...findingsOf(seed, cases, price), controls };
}

function findingsOf(seed: number, cases: number, engine: Engine): Findings {
  const dice = seededDice(seed);
  const found = { lost: 0, oversold: 0, doubled: 0, undersold: 0 };
  for (let done = 0; done < cases; done += 1) {
    const input = ask(dice);
    const told = engine(input);
    if (!keepsEveryUnit(input, told)) found.lost += 1;
    if (isBelow(input, told)) found.oversold += 1;
    if (!isFunded(input, told)) found.doubled += 1;
    if (!isTakenInFull(input, told)) found.undersold += 1;
  }
  return { operations: cases, acknowledged: cases, ...found, unresolved: 0, faults: 0 };
}

function ask(dice: () => number): PriceInput {
  const upTo = (most: number): number => Math.floor(dice() * (most + 1));
  const { currency, most } = currencies[upTo(currencies.length - 1)] ?? { currency: 'USD', most: 100 };
  const of = (amount: number) => ({ amount, currency });
  const line = (_: unknown, index: number) => {
    const list = 1 + upTo(dice() < 0.3 ? 300 : most);
    const floor = dice() < 0.2 ? 0 : dice() < 0.2 ? list : upTo(list);
    return {
      variantId: variants[index] ?? VariantId.parse('var_more'),
      quantity: 1 + upTo(8),
      list: of(list),
      floor: of(floor),
    };
  };
  const [first, ...others] = Array.from({ length: 1 + upTo(3) }, line);
  if (first === undefined) throw new Error('an ask without lines');
  const lines: PriceInput['lines'] = [first, ...others];
  const goods = lines.reduce((sum, { list, quantity }) => sum + list.amount * quantity, 0);
  const cut = upTo(10_000);
  const second = upTo(10_000 - cut);
  const shares = [cut, second, 10_000 - cut - second];
  const meant = variants.filter(() => dice() < 0.5);
  return {
    lines,
    ...(dice() < 0.2 && {
      unitPrice: { prices: [{ variantId: first.variantId, price: of(upTo(first.list.amount)) }] },
    }),
    ...(dice() < 0.8 && {
      coupon: {
        amountOff: of(dice() < 0.3 ? upTo(50) : upTo(Math.floor(goods * 1.3))),
        minimumSpend: of(dice() < 0.5 ? 0 : upTo(goods)),
        appliesTo: dice() < 0.6 ? ('all' as const) : meant,
        funders: funders.map((funder, index) => ({ funder, basisPoints: shares[index] ?? 0 })),
      },
    }),
    ...(dice() < 0.4 && { shipping: { flat: of(upTo(2000)), freeFrom: of(upTo(goods)) } }),
    ...(dice() < 0.4 && { tax: { basisPoints: upTo(2700), isIncluded: dice() < 0.5 } }),
  };
}

const sum = (amounts: readonly { amount: number }[]): number =>
  amounts.reduce((total, { amount }) => total + amount, 0);

/** Lines, goods, discount, shipping and tax add up to the total, in whole units of one currency. */
function keepsEveryUnit({ lines, tax }: PriceInput, told: Answer): boolean {
  const [{ list }] = lines;
  const amounts = [
    ...told.lines.flatMap(({ unit, subtotal, discount, total }) => [unit, subtotal, discount, total]),
    ...told.funders.map(({ amount }) => amount),
    ...[told.goods, told.discount, told.shipping, told.tax, told.total],
  ];
  if (amounts.some(({ amount, currency }) => currency !== list.currency || !Number.isSafeInteger(amount)))
    return false;
  const after = told.goods.amount - told.discount.amount;
  const taxed = after + told.shipping.amount;
  const exact = !tax
    ? 0
    : tax.isIncluded
      ? (taxed * tax.basisPoints) / (10_000 + tax.basisPoints)
      : (taxed * tax.basisPoints) / 10_000;
  return (
    told.lines.length === lines.length &&
    told.lines.every(
      ({ unit, subtotal, discount, total, quantity }, index) =>
        quantity === lines[index]?.quantity &&
        subtotal.amount === unit.amount * quantity &&
        total.amount === subtotal.amount - discount.amount,
    ) &&
    told.goods.amount === sum(told.lines.map(({ subtotal }) => subtotal)) &&
    told.discount.amount === sum(told.lines.map(({ discount }) => discount)) &&
    after === sum(told.lines.map(({ total }) => total)) &&
    told.total.amount === taxed + (told.isTaxIncluded ? 0 : told.tax.amount) &&
    Math.abs(told.tax.amount - exact) <= 0.5 + 1e-6
  );
}

/** A line below the floor of its units, a discount below zero, or a total below zero. */
const isBelow = ({ lines }: PriceInput, told: Answer): boolean =>
  told.total.amount < 0 ||
  told.lines.some(
    ({ unit, discount, total, quantity }, index) =>
      unit.amount < (lines[index]?.floor.amount ?? 0) ||
      discount.amount < 0 ||
      total.amount < (lines[index]?.floor.amount ?? 0) * quantity,
  );

/** What the funders pay is the discount, and each pays its share to the unit. */
function isFunded({ coupon }: PriceInput, { discount, funders: paid }: Answer): boolean {
  if (discount.amount === 0) return sum(paid.map(({ amount }) => amount)) === 0;
  return (
    sum(paid.map(({ amount }) => amount)) === discount.amount &&
    paid.every(({ amount }, index) => {
      const exact = (discount.amount * (coupon?.funders[index]?.basisPoints ?? 0)) / 10_000;
      return Math.abs(amount.amount - exact) < 1;
    })
  );
}

/** The whole coupon, or all the room above the floors of the lines it is meant for; nothing below its minimum. */
function isTakenInFull({ coupon, lines }: PriceInput, told: Answer): boolean {
  const meant = told.lines.map(
    ({ variantId }) =>
      coupon !== undefined && (coupon.appliesTo === 'all' || coupon.appliesTo.includes(variantId)),
  );
  const spend = sum(told.lines.filter((_, index) => meant[index]).map(({ subtotal }) => subtotal));
  const isReached = coupon !== undefined && meant.includes(true) && spend >= coupon.minimumSpend.amount;
  const room = told.lines.reduce(
    (all, { subtotal, quantity }, index) =>
      all + (meant[index] ? subtotal.amount - (lines[index]?.floor.amount ?? 0) * quantity : 0),
    0,
  );
  const wanted = isReached ? Math.min(coupon.amountOff.amount, room) : 0;
  return (
    told.discount.amount === wanted &&
    told.lines.every(({ discount }, index) => meant[index] || discount.amount === 0)
  );
}
