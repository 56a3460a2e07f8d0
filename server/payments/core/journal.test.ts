import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Account, balancesOf, faultOf, isSameFact, type JournalEntry } from './journal.ts';
import { saleEntry, shareOf } from './sale.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const entry = (legs: [Account, number][]): JournalEntry => ({
  causeId: 'charge:ch_1',
  at: 0,
  legs: legs.map(([account, amount]) => ({ account, amount: usd(amount) })),
  note: '',
});

test('[M-O11] an entry stands only when its legs sum to zero', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 6 }),
      (amounts) => {
        const rest = -amounts.reduce((sum, amount) => sum + amount, 0);
        const legs = amounts.map((amount, index): [Account, number] => [`vendor:${index}`, amount]);
        expect(faultOf(entry([...legs, ['platform:fees', rest]]))).toBeUndefined();
        expect(faultOf(entry([...legs, ['platform:fees', rest + 1]]))).toContain('legs leave 1 USD');
      },
    ),
  );
});

test('balances keep currencies apart', () => {
  const legs = [
    { account: 'platform:fees' as const, amount: usd(3) },
    { account: 'platform:fees' as const, amount: { amount: 5, currency: 'JPY' as const } },
    { account: 'platform:fees' as const, amount: usd(4) },
  ];
  expect(balancesOf(legs).map(({ amount }) => amount)).toEqual([usd(7), { amount: 5, currency: 'JPY' }]);
});

test('two entries are the same fact by cause and legs alone', () => {
  const one = entry([
    ['payment-service', 5],
    ['platform:fees', -5],
  ]);
  expect(isSameFact(one, { ...one, at: 9, note: 'again' })).toBe(true);
  expect(
    isSameFact(
      one,
      entry([
        ['payment-service', 6],
        ['platform:fees', -6],
      ]),
    ),
  ).toBe(false);
  expect(isSameFact(one, { ...one, causeId: 'charge:ch_2' })).toBe(false);
});

test('[S0.12] whoever funds a discount, a sale shares out what was paid and what others owe, to the unit', () => {
  const amount = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(amount, amount, amount, amount, fc.boolean(), (paid, vendor, host, platform, hasHost) => {
      const fee = Math.min(paid, Math.round(paid / 20));
      const sale = {
        subject: 'order:ord_1' as const,
        causeId: 'sale:ord_1',
        vendorId: 'vnd_1',
        hostId: hasHost ? 'ch_1' : undefined,
        paid: usd(paid),
        fee: usd(fee),
        discounts: [
          { funder: 'vendor' as const, amount: usd(vendor) },
          { funder: 'host' as const, amount: usd(host) },
          { funder: 'platform' as const, amount: usd(platform) },
        ],
        at: 0,
      };
      const { legs } = saleEntry(sale);
      expect(legs.reduce((sum, leg) => sum + leg.amount.amount, 0)).toBe(0);
      const share = shareOf(sale);
      expect(share.ofCharge.amount).toBe(paid - fee);
      expect(share.ofPlatform.amount).toBe(platform + (hasHost ? host : 0));
      const owed = legs.find(({ account }) => account === 'vendor:vnd_1')?.amount.amount ?? 0;
      expect(owed + share.ofCharge.amount + share.ofPlatform.amount).toBe(0);
    }),
  );
});
