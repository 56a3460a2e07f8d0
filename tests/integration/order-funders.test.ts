import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTill, type Till, type TillCoupon } from '../support/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

type Split = TillCoupon['funders'];
/** 99.99 with 33.33 off: 66.66 are paid, of which the platform keeps 3.33. */
const [list, off, paid, fee] = [9999, 3333, 6666, 333];

test.each([
  ['the vendor', [{ funder: 'vendor', basisPoints: 10_000 }], { vendor: 3333 }, [6333]],
  ['the host', [{ funder: 'host', basisPoints: 10_000 }], { host: 3333 }, [3333, 6333]],
  ['the platform', [{ funder: 'platform', basisPoints: 10_000 }], { platform: 3333 }, [3333, 6333]],
  [
    'all three',
    [
      { funder: 'vendor', basisPoints: 1667 },
      { funder: 'host', basisPoints: 3333 },
      { funder: 'platform', basisPoints: 5000 },
    ],
    { vendor: 556, host: 1111, platform: 1666 },
    [2777, 6333],
  ],
] as [string, Split, { vendor?: number; host?: number; platform?: number }, number[]][])(
  '[RULE-2] [M-O11] a coupon that %s pays for stands to the cent in order, journal and transfers',
  async (_who, funders, shares, sent) => {
    const buyer = till.newPerson();
    const goods = await till.sell({ price: list });
    const coupon = till.grant(buyer, { off, funders });
    const placed = await till.place(buyer, till.askFor(goods, paid, { coupon }));
    expect(Object.fromEntries(placed.discounts.map(({ funder, amount }) => [funder, amount.amount]))).toEqual(
      shares,
    );
    await till.checkout.pay(placed, await till.token());
    await till.settled();
    await till.payments.sweepTransfers();
    expect(await till.orderNow(placed.orderId)).toMatchObject({ state: 'paid', fee: { amount: fee } });
    const [sale] = await till.payments.journal.entriesOf(`sale:${placed.orderId}`);
    const legs = Object.fromEntries(
      (sale?.legs ?? []).map(({ account, amount }) => [account, amount.amount]),
    );
    const { host, platform } = shares;
    expect(legs).toEqual({
      [`order:${placed.orderId}`]: paid,
      [`vendor:${till.vendorId}`]: -(paid - fee + (host ?? 0) + (platform ?? 0)),
      'platform:fees': -fee,
      ...(platform !== undefined && { 'platform:discounts': platform }),
      ...(host !== undefined && { [`host:${till.channelId}`]: host }),
    });
    const { data: transfers } = await till.sdk.transfers.list({ transfer_group: placed.orderId });
    expect(transfers.map(({ amount }) => amount).toSorted((one, other) => one - other)).toEqual(sent);
  },
);
