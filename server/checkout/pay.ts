import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { Fault } from '../platform/fault.ts';
import { payable } from './core/transitions.ts';
import { changed } from './events.ts';
import { type Checkout, nowOf, termOf } from './parts.ts';
import type { Order, Paying } from './store.ts';

/** How a try to pay stands. A good answer makes no sale: that is the payment service's word alone. */
export type PayOutcome = {
  status: 'paid' | 'processing' | 'requires-action';
  clientSecret?: string | undefined;
  order: Order;
};

/**
 * Pays a held order with a card collected in the panel. The same token again is the same try; a new token after an
 * authentication that was left calls the earlier payment off first, so that no order is charged twice.
 */
export async function payOrder(
  checkout: Checkout,
  order: Order,
  confirmationToken: string,
): Promise<Result<PayOutcome, ErrorCode>> {
  const stand = payable(order.state);
  switch (stand) {
    case 'paid':
      return accept({ status: 'paid', order });
    case 'hold-ended':
    case 'order-not-payable':
      return refuse(stand);
    case 'under-way':
      return resume(checkout, order, confirmationToken);
    case 'begin':
      return begin(checkout, order, confirmationToken);
  }
}

async function begin(
  checkout: Checkout,
  order: Order,
  confirmationToken: string,
): Promise<Result<PayOutcome, ErrorCode>> {
  const { store, payments, failpoint } = checkout;
  const { orderId } = order;
  const since = nowOf(checkout);
  if (order.holdEndsAt <= since) return refuse('hold-ended');
  const earlier = await callOffEarlier(checkout, order);
  if (earlier !== 'free') return stateOf(checkout, order, 'processing');

  const card = await payments.previewCard(confirmationToken);
  if (card === undefined) return refuse('card-declined', 'details_unusable');
  const { fingerprint, brand, last4 } = card;
  for (const { kind, ref } of order.terms) {
    const may = await termOf(checkout, kind).checkPayer({ orderId, ref, fingerprint });
    if (!may.ok) return may;
  }

  const attempt = order.attempts + 1;
  const paying: Paying = {
    attempt,
    confirmationToken,
    since,
    intentId: undefined,
    fingerprint,
    card: { brand, last4 },
  };
  const moved = await store.move(orderId, {
    transition: 'pay',
    guard: { attempt: order.attempts, holdEndsAfter: since },
    set: { paying, attempts: attempt },
    cause: 'pay',
    at: since,
    events: [],
  });
  if (moved === undefined) return refuse('conflict', 'another try to pay is under way');
  await failpoint('checkout.pay:fenced');
  return send(checkout, moved, paying);
}

/** An order that is being paid already: the same try goes on, another one replaces it if it can be called off. */
async function resume(
  checkout: Checkout,
  order: Order,
  confirmationToken: string,
): Promise<Result<PayOutcome, ErrorCode>> {
  const { store, payments } = checkout;
  const { orderId, paying } = order;
  if (paying === undefined) return refuse('order-not-payable');
  if (paying.confirmationToken === confirmationToken) {
    if (paying.intentId !== undefined) await payments.observePayment(paying.intentId, `resume:${orderId}`);
    const now = await store.get(orderId);
    if (now?.state !== 'paying' || now.paying?.attempt !== paying.attempt)
      return stateOf(checkout, order, 'processing');
    return send(checkout, now, paying, paying.since);
  }
  if (paying.intentId === undefined) return refuse('conflict', 'another try to pay is under way');
  const at = nowOf(checkout);
  const back = await store.move(orderId, {
    transition: 'decline',
    guard: { attempt: paying.attempt, intentId: paying.intentId },
    set: { paying: undefined },
    cause: 'left-by-payer',
    at,
    events: [],
  });
  return back === undefined
    ? stateOf(checkout, order, 'processing')
    : begin(checkout, back, confirmationToken);
}

/** Cancels payments of earlier tries; `taken` when one of them went through or may yet. */
async function callOffEarlier(checkout: Checkout, order: Order): Promise<'free' | 'taken'> {
  const { store, payments } = checkout;
  for (const intentId of order.openIntents) {
    const stands = await payments.cancel(intentId);
    if (stands === 'cancelled') await store.closeIntent(order.orderId, intentId);
    else {
      if (stands === 'paid') await payments.observePayment(intentId, `pay:${order.orderId}`);
      return 'taken';
    }
  }
  return 'free';
}

/** Sends a try, or the same one again; `begunAt` says that it may have been sent before. */
async function send(
  checkout: Checkout,
  order: Order,
  paying: Paying,
  begunAt?: Date,
): Promise<Result<PayOutcome, ErrorCode>> {
  const { store, payments, failpoint } = checkout;
  const { orderId } = order;
  const answer = await payments.pay({
    purpose: 'order',
    subjectId: orderId,
    attempt: paying.attempt,
    amount: order.totals.total,
    confirmationToken: paying.confirmationToken,
    transferGroup: orderId,
    capture: order.capture,
    ...(begunAt && { begunAt }),
  });
  await failpoint('checkout.pay:sent');
  if (!answer.ok) {
    if (answer.refusal === 'card-declined')
      await declined(checkout, order, paying.attempt, answer.detail ?? 'card_declined');
    return answer;
  }
  const { intentId, status, clientSecret } = answer.value;
  await store.noteIntent(orderId, paying.attempt, intentId);
  await failpoint('checkout.pay:intent-noted');
  return stateOf(
    checkout,
    order,
    status === 'requires-action' ? 'requires-action' : 'processing',
    clientSecret,
  );
}

/**
 * Repeats a try of which no word came, under its own key: the payment service answers what it answered first.
 * @throws Fault when there is still no word.
 */
export async function tryAgain(checkout: Checkout, order: Order): Promise<void> {
  const { paying } = order;
  if (paying === undefined) return;
  const answer = await send(checkout, order, paying, paying.since);
  if (!answer.ok && answer.refusal === 'payment-service-down')
    throw new Fault('payment-service-down', `no word about try ${paying.attempt} of ${order.orderId}`);
}

/** A try is over and charged nothing: back to held, with the reason. Changes nothing when it is not that try's turn. */
export async function declined(
  checkout: Checkout,
  order: Order,
  attempt: number,
  code: string,
): Promise<void> {
  const { store } = checkout;
  const at = nowOf(checkout);
  const cause = 'card-declined';
  const moved = await store.move(order.orderId, {
    transition: 'decline',
    guard: { attempt },
    set: { paying: undefined, lastFailure: { code, at } },
    cause,
    at,
    events: [changed(order, 'held', cause, at)],
  });
  if (moved) await store.relay(order.orderId);
}

async function stateOf(
  { store }: Checkout,
  { orderId }: Order,
  status: PayOutcome['status'],
  clientSecret?: string,
): Promise<Result<PayOutcome, ErrorCode>> {
  const order = await store.get(orderId);
  if (order === undefined) return refuse('not-found');
  if (order.paid) return accept({ status: 'paid', order });
  return accept({ status, order, ...(clientSecret && { clientSecret }) });
}
