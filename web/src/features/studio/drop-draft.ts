import { DropForm, worstCase } from '#contract/drops.ts';
import type { ProductId } from '#contract/ids.ts';
import { type Currency, currencyDigits, type Money, type Price } from '#contract/money.ts';
import { readAmount, readCount } from '../../ui/amount-text.ts';

type Funder = 'vendor' | 'host' | 'platform';

/** What stands in the composer's fields, as typed. */
export type DropDraft = {
  title: string;
  amountOff: string;
  minimumSpend: string;
  productIds: ProductId[];
  stock: string;
  windowMinutes: number;
  validMinutes: number;
  funder: Funder;
};

export type DropField = 'title' | 'amountOff' | 'minimumSpend' | 'productIds' | 'stock';

export type ReadDraft = {
  /** The drop it makes; undefined while something is missing. */
  form: DropForm | undefined;
  /** Fields that do not make a drop yet. */
  faults: DropField[];
  /** The most it can cost; undefined while coupons or amount are missing. */
  worst: Money | undefined;
  /** The least a unit can cost with the coupon: the cheapest of the goods that reaches the minimum by itself. */
  lowest: Money | undefined;
};

export const emptyDraft = (): DropDraft => ({
  title: '',
  amountOff: '',
  minimumSpend: '',
  productIds: [],
  stock: '',
  windowMinutes: 3,
  validMinutes: 15,
  funder: 'vendor',
});

/** Reads the composer's fields in a stream's currency. */
export function readDraft(
  draft: DropDraft,
  currency: Currency,
  listPrices: ReadonlyMap<ProductId, Price>,
): ReadDraft {
  const digits = currencyDigits[currency];
  const title = draft.title.trim();
  const amountOff = readAmount(draft.amountOff, digits);
  const minimum = draft.minimumSpend.trim() === '' ? 0 : readAmount(draft.minimumSpend, digits);
  const stock = readCount(draft.stock, 1, 100_000);
  const isAmount = amountOff !== undefined && amountOff > 0;
  const faults: DropField[] = [];
  if (title === '' || [...title].length > 60) faults.push('title');
  if (!isAmount) faults.push('amountOff');
  if (minimum === undefined) faults.push('minimumSpend');
  if (draft.productIds.length === 0) faults.push('productIds');
  if (stock === undefined) faults.push('stock');

  const coupon = { kind: 'fixed', amountOff: { amount: amountOff ?? 0, currency } } as const;
  const worst = isAmount && stock !== undefined ? worstCase({ stock, coupon }) : undefined;
  const prices = draft.productIds.flatMap((productId) => listPrices.get(productId)?.amount ?? []);
  const lowest = isAmount && minimum !== undefined ? lowestOf(prices, amountOff, minimum) : undefined;
  const wanted = {
    title,
    coupon,
    minimumSpend: { amount: minimum ?? 0, currency },
    productIds: draft.productIds,
    stock,
    claimWindowMs: Math.round(draft.windowMinutes * 60_000),
    validity: { kind: 'after-grant', minutes: draft.validMinutes },
    funders: [{ funder: draft.funder, basisPoints: 10_000 }],
  };
  return {
    form: faults.length === 0 ? DropForm.safeParse(wanted).data : undefined,
    faults,
    worst,
    lowest: lowest === undefined ? undefined : { amount: lowest, currency },
  };
}

function lowestOf(prices: readonly number[], off: number, minimum: number): number | undefined {
  const alone = prices.filter((price) => price >= minimum);
  return alone.length === 0 ? undefined : Math.max(0, Math.min(...alone) - off);
}
