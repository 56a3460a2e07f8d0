import { expect } from 'vitest';
import type { StreamId } from '#contract/ids.ts';
import { StreamReport } from '#contract/metrics.ts';
import type { Person } from '../../support/cast.ts';
import type { Show } from '../../support/show.ts';

/** Step 12: what Ana reads equals the orders, the journal and the payment service's own list, and names nobody. */
export async function readReport(
  show: Show,
  { streamId, viewers }: { streamId: StreamId; viewers: readonly Person[] },
): Promise<void> {
  const { aki, bo, hana, ana, house } = show;
  const report = await ana.get(`/reports/streams/${streamId}`, StreamReport);
  expect(report.figures).toMatchObject({
    orders: 5,
    gmv: { amount: 14_500 },
    gmvLive: { amount: 11_500 },
    gmvAfterEnd: { amount: 3000 },
    refunds: { amount: 2500 },
    net: { amount: 12_000 },
    discounts: { amount: 4000 },
    claims: 19,
    granted: 5,
    redeemed: 4,
    danmaku: 50,
  });
  expect(report.drops).toMatchObject([
    { granted: 5, redeemed: 4, expired: 1, discountCost: { amount: 4000 } },
  ]);
  expect(report.ledger).toMatchObject({ isEqual: true, gmvFromOrders: { amount: 14_500 } });
  const charged = house.stripe.control
    .objects()
    .payment_intents.filter(({ status }) => status === 'succeeded')
    .reduce((sum, { amount_received }) => sum + amount_received, 0);
  expect(charged).toBe(14_500);
  const standing = async () => {
    const sums = await house.slices.payments.journal.balances();
    return [`vendor:${aki.vendorId}`, `vendor:${bo.vendorId}`, 'platform:fees', 'payment-service'].map(
      (account) => sums.find((one) => one.account === account)?.amount.amount ?? 0,
    );
  };
  // Both were paid out, and the fee of the scarf went back with it.
  await expect.poll(standing, { timeout: 20_000 }).toEqual([0, 0, -600, 600]);
  const { page } = await show.seat(ana, `/analyst/${streamId}`);
  const figure = (name: string) => page.locator(`[data-figure=${name}]`).getByTestId('value').textContent();
  await page.getByTestId('ledger-check').waitFor();
  expect(await figure('gmv')).toBe('$145.00');
  expect(await figure('orders')).toBe('5');
  expect(await figure('net')).toBe('$120.00');
  const words = JSON.stringify(report) + (await page.getByRole('main').textContent());
  for (const { handle, accountId } of [...viewers, hana, aki.person])
    expect(new RegExp(`\\b(${handle}|${accountId})\\b`).test(words)).toBe(false);
}
