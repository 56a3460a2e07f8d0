import { Fault } from '../platform/fault.ts';
import type { Checkout } from './parts.ts';
import type { Order } from './store.ts';

const rounds = 500;

/**
 * Gives a paid order the next number of its vendor's series. The series names the order its last number went to, and
 * whoever moves it on writes that order's number down first: so a process that dies leaves no gap, and nobody gets
 * two. Idempotent.
 */
export async function giveInvoiceNumber(
  { store, invoices, failpoint }: Pick<Checkout, 'store' | 'invoices' | 'failpoint'>,
  { orderId, vendorId }: Pick<Order, 'orderId' | 'vendorId'>,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const last = await invoices.last(vendorId);
    await failpoint('checkout.invoice:read');
    if (last) await store.number(last.orderId, last.number);
    if (last?.orderId === orderId) return;
    const order = await store.get(orderId);
    if (order === undefined || order.invoiceNumber !== undefined) return;
    await invoices.give(vendorId, last?.number ?? 0, orderId);
    await failpoint('checkout.invoice:given');
  }
  throw new Fault('conflict', `no invoice number for ${orderId} in ${rounds} rounds`);
}
