import { expect, test } from 'vitest';
import { OrderView } from '#contract/checkout.ts';
import { overwriteGetLocale } from '../../paraglide/runtime.js';
import { receiptPage } from './receipt-file.ts';

overwriteGetLocale(() => 'en');

const usd = (amount: number) => ({ amount, currency: 'USD' });
const at = '2026-01-01T20:14:46.000Z';
const order = OrderView.parse({
  orderId: 'ord_4F7K',
  state: 'paid',
  version: 4,
  vendorId: 'vnd_aki',
  vendorName: 'Aki',
  seller: {
    legalName: 'Aki <Teaware> Ltd',
    legalAddress: '1 Kiln Road',
    taxNumber: 'JP1234',
    conditions: 'Returns within 14 days',
  },
  lines: [
    {
      productId: 'prd_1',
      variantId: 'var_1',
      title: 'Celadon teapot',
      variantTitle: '600 ml',
      quantity: 2,
      list: usd(4000),
      unit: usd(4000),
      subtotal: usd(8000),
      discount: usd(1000),
      total: usd(7000),
    },
  ],
  totals: {
    goods: usd(8000),
    discount: usd(1000),
    shipping: usd(500),
    tax: usd(0),
    isTaxIncluded: true,
    total: usd(7500),
  },
  coupon: { ref: 'grant_1', label: 'Teapot coupon' },
  placedAt: at,
  holdEndsAt: at,
  paidAt: at,
  card: { brand: 'visa', last4: '4242' },
  invoiceNumber: 17,
  refunds: [
    {
      refundId: 'rfd_1',
      state: 'done',
      amount: usd(2000),
      lines: [],
      units: 'keep',
      reason: 'Chipped lid',
      by: 'vendor',
      at,
    },
  ],
  refunded: usd(2000),
  history: [],
});

test('[M-O12] a receipt is one page with seller, invoice number, lines, sums, payment and refunds', () => {
  const page = receiptPage(order);
  for (const words of [
    '17',
    'ord_4F7K',
    '1 Kiln Road',
    'JP1234',
    'Celadon teapot, 600 ml',
    '$80.00',
    'Teapot coupon',
    '−$10.00',
    '$5.00',
    '$75.00',
    'ending 4242',
    '−$20.00',
    'Returns within 14 days',
  ])
    expect(page).toContain(words);
});

test('what a seller wrote stays text on the receipt', () => {
  expect(receiptPage(order)).toContain('Aki &lt;Teaware&gt; Ltd');
  expect(receiptPage(order)).not.toContain('<Teaware>');
});
