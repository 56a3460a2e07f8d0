import type { OrderView } from '#contract/checkout.ts';
import { dateAndTime, money } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';
import { getLocale } from '../../paraglide/runtime.js';
import { lineTitle } from './goods-words.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const plain = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);
const row = (...cells: string[]): string =>
  `<tr>${cells.map((cell) => `<td>${plain(cell)}</td>`).join('')}</tr>`;
const fact = (name: string, value: string | undefined): string =>
  value ? `<dt>${plain(name)}</dt><dd>${plain(value)}</dd>` : '';

const style =
  'body{font:14px/1.5 system-ui,sans-serif;max-width:720px;margin:32px auto;padding:0 16px;color:#16191b}' +
  'h1{font-size:24px}table{width:100%;border-collapse:collapse;margin:24px 0}' +
  'th,td{padding:6px 0;border-bottom:1px solid #ddd;text-align:right}' +
  'th:first-child,td:first-child{text-align:left}dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px}' +
  'dt{color:#555}dd{margin:0;white-space:pre-line}.total{font-weight:700;font-size:18px}';

/** A paid order as one page that stands by itself: seller, invoice number, lines, sums, payment, refunds. */
export function receiptPage(order: OrderView): string {
  const { seller, totals, delivery } = order;
  const address = delivery && [
    delivery.name,
    delivery.street,
    delivery.extra,
    [delivery.postcode, delivery.city].join(' '),
    delivery.region,
    delivery.country,
  ];
  const sums = [
    row(m.goods(), '', '', money(totals.goods)),
    ...(totals.discount.amount > 0
      ? [row(order.coupon?.label ?? m.coupon(), '', '', `−${money(totals.discount)}`)]
      : []),
    row(m.shipping(), '', '', money(totals.shipping)),
    row(totals.isTaxIncluded ? m.tax_included() : m.tax(), '', '', money(totals.tax)),
    row(m.paid(), '', '', money(totals.total)).replace('<tr>', '<tr class="total">'),
    ...order.refunds
      .filter(({ state }) => state !== 'failed')
      .map(({ amount, at }) => row(`${m.refunds()}, ${dateAndTime(at)}`, '', '', `−${money(amount)}`)),
  ];
  const head = [m.receipt_title(), m.receipt_quantity(), m.receipt_unit(), m.receipt_sum()];
  return `<!doctype html>
<html lang="${getLocale()}"><meta charset="utf-8"><title>${plain(`${m.receipt_title()} ${order.orderId}`)}</title>
<style>${style}</style>
<h1>${plain(m.receipt_title())}</h1>
<dl>${[
    fact(m.invoice_number(), order.invoiceNumber?.toString()),
    fact(m.order_number(), order.orderId),
    fact(m.receipt_date(), dateAndTime(order.paidAt ?? order.placedAt)),
    fact(m.seller_name(), seller.legalName),
    fact(m.seller_address(), seller.legalAddress),
    fact(m.seller_contact(), seller.contactEmail),
    fact(m.seller_tax_number(), seller.taxNumber),
    fact(m.receipt_buyer(), address?.filter(Boolean).join('\n')),
    fact(m.card(), order.card && `${order.card.brand} ${m.card_ending({ last4: order.card.last4 })}`),
  ].join('')}</dl>
<table><thead><tr>${head.map((words, at) => `<th>${at === 0 ? '' : plain(words)}</th>`).join('')}</tr></thead>
<tbody>${order.lines
    .map((line) => row(lineTitle(line), String(line.quantity), money(line.unit), money(line.subtotal)))
    .join('')}${sums.join('')}</tbody></table>
<p>${plain(seller.conditions)}</p>
</html>
`;
}

/** Saves the receipt as a file that any browser opens and prints. */
export function saveReceipt(order: OrderView): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([receiptPage(order)], { type: 'text/html' }));
  link.download = `receipt-${order.invoiceNumber ?? order.orderId}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
