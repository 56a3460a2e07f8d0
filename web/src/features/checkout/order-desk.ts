import type { z } from 'zod';
import {
  type Delivery,
  PayAnswer,
  PlacedOrder,
  type PlaceOrder,
  Quote,
  type QuoteAsk,
} from '#contract/checkout.ts';
import type { ErrorCode } from '#contract/errors.ts';
import type { Money } from '#contract/money.ts';
import { call, codeOf, newKey } from '../../live/api.ts';
import { cardToken, type PaymentPage } from './stripe.ts';

/** What somebody wants to buy. `seen`: the goods' price that stood on the card or in the cart. */
export type Wish = Pick<QuoteAsk, 'lines' | 'streamId' | 'coupon'> & {
  isFromCart?: boolean;
  seen?: Money | undefined;
};

type Answer<Value> = { ok: true; value: Value } | { ok: false; refusal: ErrorCode };

/** Asks the server for prices and orders, and the payment service for tokens; repeats what got no answer as the same. */
export class OrderDesk {
  #key: { for: string; key: string } | undefined;
  #token: string | undefined;

  quote(wish: Wish, delivery: Delivery | undefined): Promise<Answer<Quote>> {
    return answerOf(call('POST', '/quotes', Quote, { body: askOf(wish, delivery) }));
  }

  /** Places an order at the total that the buyer saw. Without an answer, the same again asks for the same order. */
  async place(
    wish: Wish,
    delivery: Delivery | undefined,
    quotedTotal: Money,
  ): Promise<Answer<z.infer<typeof PlacedOrder>>> {
    const body: PlaceOrder = {
      ...askOf(wish, delivery),
      quotedTotal,
      ...(delivery ? { delivery } : {}),
      ...(wish.isFromCart ? { isFromCart: true } : {}),
    };
    const wanted = JSON.stringify(body);
    if (this.#key?.for !== wanted) this.#key = { for: wanted, key: newKey() };
    const { key: idempotencyKey } = this.#key;
    const answer = await answerOf(call('POST', '/orders', PlacedOrder, { body, idempotencyKey }));
    if (answer.ok || (answer.refusal !== 'not-known-yet' && answer.refusal !== 'unavailable'))
      this.#key = undefined;
    return answer;
  }

  /** The card as a token. A try of which no word came is asked for again with its own token: it charges once. */
  async token(page: PaymentPage, isUnanswered: boolean): ReturnType<typeof cardToken> {
    if (isUnanswered && this.#token) return { ok: true, token: this.#token, card: undefined };
    const made = await cardToken(page);
    if (made.ok) this.#token = made.token;
    return made;
  }

  async pay(orderId: string, confirmationToken: string): Promise<Answer<PayAnswer>> {
    const options = { body: { confirmationToken }, idempotencyKey: newKey() };
    const answer = await answerOf(call('POST', `/orders/${orderId}/payments`, PayAnswer, options));
    if (answer.ok) this.#token = undefined;
    return answer;
  }
}

function askOf({ lines, streamId, coupon }: Wish, delivery: Delivery | undefined): QuoteAsk {
  const { country, region } = delivery ?? {};
  return {
    lines,
    ...(streamId ? { streamId } : {}),
    ...(coupon ? { coupon } : {}),
    ...(country ? { destination: { country, ...(region ? { region } : {}) } } : {}),
  };
}

const answerOf = <Value>(called: Promise<Value>): Promise<Answer<Value>> =>
  called.then(
    (value) => ({ ok: true, value }),
    (fault: unknown) => ({ ok: false, refusal: codeOf(fault) }),
  );
