import type { ProductView } from '#contract/catalog.ts';
import { checkoutLive, OrderView, PayAnswer, PlacedOrder, Quote, type QuoteAsk } from '#contract/checkout.ts';
import type { GrantId, StreamId } from '#contract/ids.ts';
import { call, codeOf, newKey, tell } from '../../live/api.ts';
import type { Session } from '../../live/session.svelte.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';
import type { StripeElements, StripePage } from './stripe.ts';

/** Where the panel is; money faces change on the server's word alone. */
export type Step =
  | 'closed'
  | 'quoting'
  | 'quoted'
  | 'placing'
  | 'held'
  | 'paying'
  | 'authenticating'
  | 'confirming'
  | 'paid'
  | 'ended';

/** Buying one product beside the video: quote, hold, card, receipt. */
export class CheckoutController {
  step = $state<Step>('closed');
  product = $state<ProductView>();
  quantity = $state(1);
  quote = $state<Quote>();
  order = $state<OrderView>();
  /** Code of the last refusal, for the words above the button. */
  refusal = $state('');
  /** The guest's or buyer's own link to the order. */
  orderLink = $state('');
  readonly #session: Pick<Session, 'ensurePerson'>;
  #streamId: StreamId | undefined;
  #coupon: GrantId | undefined;
  #key = '';

  constructor(session: Pick<Session, 'ensurePerson'>, socket: Pick<LiveSocket, 'on'>) {
    this.#session = session;
    socket.on(checkoutLive, 'checkout.order-changed', (order) => this.#hear(order));
  }

  get isOpen(): boolean {
    return this.step !== 'closed';
  }

  get coupon(): GrantId | undefined {
    return this.#coupon;
  }

  /** Opens the panel with a price from the server. */
  async begin(
    product: ProductView,
    { streamId, coupon }: { streamId?: StreamId | undefined; coupon?: GrantId | undefined } = {},
  ): Promise<void> {
    if (this.#isBusy()) return;
    this.product = product;
    this.quantity = 1;
    this.order = undefined;
    this.orderLink = '';
    this.refusal = '';
    this.#streamId = streamId;
    this.#coupon = coupon;
    await this.#requote();
  }

  async setQuantity(quantity: number): Promise<void> {
    this.quantity = Math.max(1, Math.min(99, quantity));
    await this.#requote();
  }

  async setCoupon(coupon: GrantId | undefined): Promise<void> {
    this.#coupon = coupon;
    await this.#requote();
  }

  /** Holds stock and coupon: from here the countdown runs. */
  async place(): Promise<void> {
    const { quote } = this;
    if (quote === undefined || this.step !== 'quoted') return;
    this.step = 'placing';
    this.refusal = '';
    try {
      const body = { ...this.#wish(), quotedTotal: quote.totals.total };
      const order = await call('POST', '/orders', PlacedOrder, { body, idempotencyKey: this.#key });
      this.order = order;
      this.orderLink = order.link;
      this.step = 'held';
    } catch (fault) {
      this.refusal = codeOf(fault);
      if (this.refusal === 'quote-changed') await this.#requote(this.refusal);
      else this.step = 'quoted';
    }
  }

  /** Sends the card to the payment service, and its token to the server; a demanded authentication runs in between. */
  async pay(stripe: StripePage, elements: StripeElements): Promise<void> {
    const { order } = this;
    if (order === undefined || this.step !== 'held') return;
    this.step = 'paying';
    this.refusal = '';
    try {
      const submitted = await elements.submit();
      const made = submitted.error ? undefined : await stripe.createConfirmationToken({ elements });
      if (made?.confirmationToken === undefined) {
        this.step = 'held';
        this.refusal = submitted.error ? '' : 'payment-service-down';
        return;
      }
      const body = { confirmationToken: made.confirmationToken.id };
      const answer = await call('POST', `/orders/${order.orderId}/payments`, PayAnswer, {
        body,
        idempotencyKey: newKey(),
      });
      this.#hear(answer.order);
      if (answer.status === 'requires-action' && answer.clientSecret) {
        this.step = 'authenticating';
        await stripe.handleNextAction({ clientSecret: answer.clientSecret });
        // Whatever the dialog said, the payment service's own word decides: it comes as order-changed.
        if (this.#is('authenticating')) this.step = 'confirming';
      } else if (answer.status === 'processing') this.step = 'confirming';
    } catch (fault) {
      this.refusal = codeOf(fault);
      if (this.#is('paying')) this.step = 'held';
      await this.refresh();
    }
  }

  /** Asks for the order's present state, when the socket may have missed a word. */
  async refresh(): Promise<void> {
    const { order } = this;
    if (order === undefined) return;
    const seen = await call('GET', `/orders/${order.orderId}`, OrderView).catch(() => undefined);
    if (seen) this.#hear(seen);
  }

  /** Gives stock and coupon back. */
  async cancel(): Promise<void> {
    const { order } = this;
    if (order && (this.step === 'held' || this.step === 'authenticating'))
      await tell('POST', `/orders/${order.orderId}/cancel`).catch((fault: unknown) => {
        this.refusal = codeOf(fault);
      });
    this.close();
  }

  /** Shuts the panel as far as the step allows: a payment on its way is not left alone. */
  leave(): void {
    if (this.step === 'paying' || this.step === 'authenticating' || this.step === 'placing') return;
    if (this.step === 'paid' || this.step === 'confirming' || this.step === 'ended') this.close();
    else void this.cancel();
  }

  close(): void {
    this.step = 'closed';
    this.quote = undefined;
    this.order = undefined;
  }

  async #requote(refusal = ''): Promise<void> {
    this.step = 'quoting';
    this.refusal = refusal;
    this.#key = newKey();
    try {
      await this.#session.ensurePerson();
      this.quote = await call('POST', '/quotes', Quote, { body: this.#wish() });
      this.step = 'quoted';
    } catch (fault) {
      this.refusal = codeOf(fault);
      this.quote = undefined;
      this.step = 'quoted';
    }
  }

  #wish(): QuoteAsk {
    const variant = this.product?.variants[0];
    if (this.product === undefined || variant === undefined) throw new Error('nothing was chosen');
    return {
      lines: [{ productId: this.product.productId, variantId: variant.variantId, quantity: this.quantity }],
      ...(this.#streamId ? { streamId: this.#streamId } : {}),
      ...(this.#coupon ? { coupon: this.#coupon } : {}),
    };
  }

  #isBusy(): boolean {
    return this.step === 'paying' || this.step === 'authenticating' || this.step === 'confirming';
  }

  #is(step: Step): boolean {
    return this.step === step;
  }

  /** The server's word on the order in the panel; an older version than the one shown changes nothing. */
  #hear(order: OrderView): void {
    if (this.order?.orderId !== order.orderId || order.version < this.order.version) return;
    this.order = order;
    switch (order.state) {
      case 'paid':
      case 'fulfilled':
        this.step = 'paid';
        return;
      case 'held':
        if (this.#isBusy()) {
          this.step = 'held';
          if (order.lastFailure) this.refusal = 'card-declined';
        }
        return;
      case 'expired':
      case 'cancelled':
      case 'refunded':
        this.step = 'ended';
        return;
      default:
    }
  }
}
