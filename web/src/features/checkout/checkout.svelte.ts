import {
  checkoutLive,
  type Delivery,
  OrderView,
  PayAnswer,
  PlacedOrder,
  Quote,
  type QuoteAsk,
} from '#contract/checkout.ts';
import type { Money } from '#contract/money.ts';
import { call, codeOf, newKey, tell } from '../../live/api.ts';
import type { Session } from '../../live/session.svelte.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';
import { askBank, cardToken, type PaymentPage } from './stripe.ts';

/** Where the panel is; money faces change on the server's word alone. */
export type Step =
  | 'closed'
  | 'quoting'
  | 'address'
  | 'quoted'
  | 'placing'
  | 'held'
  | 'paying'
  | 'authenticating'
  | 'confirming'
  | 'paid'
  | 'ended'
  | 'sold-out'
  | 'refused';

/** What somebody wants to buy. `seen`: the goods' price that stood on the card or in the cart. */
export type Wish = Pick<QuoteAsk, 'lines' | 'streamId' | 'coupon'> & {
  isFromCart?: boolean;
  seen?: Money | undefined;
};

/** The buyer's address book, as far as a checkout asks it. */
export type Addresses = { load(): Promise<void>; first(): Delivery | undefined };

const rearmMs = 1000;

/**
 * Buying beside the video: quote, hold, card, receipt. Stock is held as the panel opens, or, where the vendor sells
 * first paid, first served, at the tap on Pay.
 */
export class CheckoutController {
  step = $state<Step>('closed');
  quote = $state<Quote>();
  order = $state<OrderView>();
  /** Code of the last refusal, for the words above the button. */
  refusal = $state('');
  /** The guest's or buyer's own link to the order. */
  orderLink = $state('');
  wish = $state.raw<Wish>({ lines: [] });
  /** Where it will be sent. */
  delivery = $state.raw<Delivery>();
  /** A price that changed without the buyer's doing: what stood there, and what stands there now. */
  change = $state.raw<{ was: Money; now: Money }>();
  /** False for a second after the total on the button changed. */
  isArmed = $state(true);
  /** The card of the last try. */
  lastCard = $state.raw<{ last4: string }>();
  /** The bank's own page, where it may not stand in ours. */
  bankUrl = $state('');
  /** Hears no more of orders. */
  readonly stop: () => void;
  readonly #session: Pick<Session, 'ensurePerson'>;
  readonly #addresses: Addresses;
  readonly #leftUnpaid: (wish: Wish, quote: Quote) => void;
  #shown: Money | undefined;
  #turn = 0;
  #wasPlaced = false;
  #key: { for: string; key: string } | undefined;
  #token: string | undefined;
  /** A payment on its way whose panel was shut. */
  #sent: string | undefined;

  /** `leftUnpaid` is told what was placed out of the cart and left without paying: its lines have left the cart. */
  constructor(
    session: Pick<Session, 'ensurePerson'>,
    socket: Pick<LiveSocket, 'on'>,
    addresses: Addresses,
    leftUnpaid: (wish: Wish, quote: Quote) => void,
  ) {
    this.#session = session;
    this.#leftUnpaid = leftUnpaid;
    this.#addresses = addresses;
    this.stop = socket.on(checkoutLive, 'checkout.order-changed', (order) => this.#hear(order));
  }

  get isOpen(): boolean {
    return this.step !== 'closed';
  }

  /** Whether the goods are paid for without a hold before it. */
  get isFirstPaid(): boolean {
    return this.quote?.stockPolicy === 'first-paid';
  }

  /** Opens the panel with a price from the server. A payment that is on its way keeps the panel. */
  async begin(wish: Wish): Promise<void> {
    if (this.#isBusy() || this.step === 'placing') return;
    if (!(await this.#giveBack())) return;
    this.close();
    this.orderLink = '';
    this.change = undefined;
    this.lastCard = undefined;
    this.wish = wish;
    this.#shown = undefined;
    await this.#price({ compareTo: 'seen' });
  }

  /** Another quantity, coupon or address: what was held goes back, and is held anew at the new total. */
  async alter(wish: Partial<Pick<Wish, 'lines' | 'coupon'>>): Promise<void> {
    if (this.#isBusy() || this.step === 'placing' || this.step === 'quoting') return;
    if (!(await this.#giveBack())) return;
    this.wish = { ...this.wish, ...wish };
    await this.#price({});
  }

  /** Where it goes: shipping and tax are asked for it. */
  async sendTo(delivery: Delivery): Promise<void> {
    if (this.#isBusy() || !(await this.#giveBack())) return;
    this.delivery = delivery;
    await this.#price({});
  }

  /** Shows the addresses to choose from. */
  async askAddress(): Promise<void> {
    if (this.#isBusy()) return;
    await this.#addresses.load();
    this.step = 'address';
  }

  /** Leaves the addresses as they were. */
  async keepAddress(): Promise<void> {
    if (this.order) this.step = 'held';
    else if (this.delivery || !this.#needsAddress()) await this.#price({});
    else this.close();
  }

  /** After the hold's end, a refusal or somebody else's purchase: asks anew for the same. */
  async again(): Promise<void> {
    if (this.#isBusy()) return;
    this.order = undefined;
    await this.#price({ compareTo: 'shown' });
  }

  /** Sends the card to the payment service, and its token to the server; a demanded authentication runs in between. */
  async pay(page: PaymentPage): Promise<void> {
    const from = this.step;
    if ((from !== 'held' && from !== 'quoted') || !this.isArmed) return;
    this.step = 'paying';
    this.refusal = '';
    this.change = undefined;
    this.bankUrl = '';
    const token = await this.#tokenFor(page);
    if (!this.#is('paying')) return;
    if (token === undefined) {
      this.step = from;
      return;
    }
    if (this.order === undefined && !(await this.#place('paying'))) return;
    const { order } = this;
    if (order === undefined) return;
    this.#sent = order.orderId;
    try {
      const answer = await call('POST', `/orders/${order.orderId}/payments`, PayAnswer, {
        body: { confirmationToken: token },
        idempotencyKey: newKey(),
      });
      this.#token = undefined;
      this.#hear(answer.order);
      if (answer.status === 'requires-action' && answer.clientSecret) {
        this.step = 'authenticating';
        const asked = await askBank(page, answer.clientSecret);
        if (asked.url) this.bankUrl = asked.url;
        // Whatever the dialog said, the payment service's own word decides: it comes as order-changed.
        else if (this.#is('authenticating')) this.step = 'confirming';
      } else if (answer.status === 'processing' && this.#is('paying')) this.step = 'confirming';
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
    await this.#giveBack();
    if (!this.#is('paid')) this.close();
  }

  /** Shuts the panel as far as the step allows: a payment on its way is not left alone. */
  leave(): void {
    if (this.step === 'paying' || this.step === 'authenticating' || this.step === 'placing') return;
    if (this.step === 'held') void this.cancel();
    else if (this.step === 'address' && this.order) this.step = 'held';
    else this.close();
  }

  close(): void {
    const { quote, wish, step } = this;
    if (this.#wasPlaced && wish.isFromCart && quote && step !== 'paid' && step !== 'confirming')
      this.#leftUnpaid(wish, quote);
    this.#wasPlaced = false;
    this.#turn += 1;
    this.step = 'closed';
    this.quote = undefined;
    this.order = undefined;
    this.refusal = '';
    this.change = undefined;
  }

  async #price({ compareTo }: { compareTo?: 'seen' | 'shown' }): Promise<boolean> {
    this.#turn += 1;
    const turn = this.#turn;
    this.step = 'quoting';
    this.refusal = '';
    try {
      await this.#session.ensurePerson();
      const quote = await call('POST', '/quotes', Quote, { body: this.#ask() });
      if (turn !== this.#turn) return false;
      this.#compare(quote, compareTo);
      this.quote = quote;
      if (this.delivery ? !quote.isTotalFinal : this.#needsAddress()) {
        await this.#addresses.load();
        if (turn !== this.#turn) return false;
        const first = this.delivery ? undefined : this.#addresses.first();
        if (first) {
          this.delivery = first;
          return await this.#price({ ...(compareTo ? { compareTo } : {}) });
        }
        // An address that does not settle shipping and tax lacks its state or province.
        if (this.delivery) this.refusal = 'address-required';
        this.step = 'address';
        return false;
      }
    } catch (fault) {
      if (turn !== this.#turn) return false;
      this.refusal = codeOf(fault);
      this.quote = undefined;
      this.step = this.refusal === 'out-of-stock' ? 'sold-out' : 'refused';
      return false;
    }
    if (this.isFirstPaid) this.step = 'quoted';
    else await this.#place('held');
    return true;
  }

  /** Places the order at the total that stands there. Another total is told, and held or asked for again. */
  async #place(then: 'held' | 'paying', patience = 2): Promise<boolean> {
    const { quote } = this;
    if (quote === undefined) return false;
    this.step = 'placing';
    const body = {
      ...this.#ask(),
      quotedTotal: quote.totals.total,
      ...(this.delivery ? { delivery: this.delivery } : {}),
      ...(this.wish.isFromCart ? { isFromCart: true } : {}),
    };
    const wanted = JSON.stringify(body);
    if (this.#key?.for !== wanted) this.#key = { for: wanted, key: newKey() };
    try {
      const order = await call('POST', '/orders', PlacedOrder, { body, idempotencyKey: this.#key.key });
      this.#key = undefined;
      this.#wasPlaced = true;
      this.order = order;
      this.orderLink = order.link;
      this.step = then;
      return true;
    } catch (fault) {
      const code = codeOf(fault);
      // Without an answer the same key asks for the same order.
      if (code !== 'not-known-yet' && code !== 'unavailable') this.#key = undefined;
      if (code === 'quote-changed' && patience > 0) return await this.#priceAnew(then, patience);
      this.refusal = code;
      this.step = code === 'out-of-stock' ? 'sold-out' : 'refused';
      return false;
    }
  }

  /** The total changed meanwhile: it is told, and a tap on Pay has to be made again. */
  async #priceAnew(then: 'held' | 'paying', patience: number): Promise<boolean> {
    try {
      const quote = await call('POST', '/quotes', Quote, { body: this.#ask() });
      this.#compare(quote, 'shown');
      this.quote = quote;
    } catch (fault) {
      this.refusal = codeOf(fault);
      this.step = 'refused';
      return false;
    }
    if (then === 'held') return await this.#place('held', patience - 1);
    this.step = 'quoted';
    return false;
  }

  /** Notes a price that is not the one the buyer saw, and keeps Pay off for a second when its total changed. */
  #compare(quote: Quote, to: 'seen' | 'shown' | undefined): void {
    const { goods, total } = quote.totals;
    const was = to === 'seen' ? this.wish.seen : to === 'shown' ? this.#shown : undefined;
    const now = to === 'seen' ? goods : total;
    if (was && was.currency === now.currency && was.amount !== now.amount) this.change = { was, now };
    else if (to === undefined) this.change = undefined;
    const isOther = this.#shown !== undefined && this.#shown.amount !== total.amount;
    this.#shown = total;
    if (!isOther && !this.change) return;
    this.isArmed = false;
    setTimeout(() => {
      this.isArmed = true;
    }, rearmMs);
  }

  async #tokenFor(page: PaymentPage): Promise<string | undefined> {
    // A try of which no word came is asked for again with its own token: it charges once.
    if (this.order?.state === 'paying' && this.#token) return this.#token;
    const made = await cardToken(page);
    if (made.ok) {
      this.#token = made.token;
      this.lastCard = made.card;
      return made.token;
    }
    this.refusal = made.refusal;
    return undefined;
  }

  /** Gives back what the panel holds. False when the order went on meanwhile: it is shown instead. */
  async #giveBack(): Promise<boolean> {
    const { order } = this;
    if (order === undefined) return true;
    if (this.step !== 'held' && this.step !== 'address' && this.step !== 'authenticating') {
      this.order = undefined;
      return true;
    }
    try {
      await tell('POST', `/orders/${order.orderId}/cancel`);
    } catch {
      await this.refresh();
      if (this.#is('paid')) return false;
    }
    if (this.#sent === order.orderId) this.#sent = undefined;
    this.order = undefined;
    return true;
  }

  #ask(): QuoteAsk {
    const { lines, streamId, coupon } = this.wish;
    const { country, region } = this.delivery ?? {};
    return {
      lines,
      ...(streamId ? { streamId } : {}),
      ...(coupon ? { coupon } : {}),
      ...(country ? { destination: { country, ...(region ? { region } : {}) } } : {}),
    };
  }

  #needsAddress(): boolean {
    const { quote } = this;
    return quote !== undefined && (quote.needsDelivery || !quote.isTotalFinal);
  }

  #isBusy(): boolean {
    return this.step === 'paying' || this.step === 'authenticating' || this.step === 'confirming';
  }

  #is(step: Step): boolean {
    return this.step === step;
  }

  /** The server's word on the order in the panel; an older version than the one shown changes nothing. */
  #hear(order: OrderView): void {
    const isReturn = this.step === 'closed' && order.orderId === this.#sent;
    if (!isReturn && this.order?.orderId !== order.orderId) return;
    if (this.order && order.version < this.order.version) return;
    switch (order.state) {
      case 'paid':
      case 'fulfilled':
        this.#show(order, 'paid');
        this.#sent = undefined;
        return;
      case 'held':
        if (isReturn && !order.lastFailure) return;
        this.order = order;
        if (!this.#isBusy() && !isReturn) return;
        this.step = 'held';
        if (order.lastFailure) this.refusal = 'card-declined';
        return;
      case 'expired':
      case 'cancelled':
      case 'refunded':
        this.#show(order, 'ended');
        this.#sent = undefined;
        return;
      default:
        if (!isReturn) this.order = order;
    }
  }

  #show(order: OrderView, step: 'paid' | 'ended'): void {
    if (step === 'paid') this.refusal = '';
    this.order = order;
    this.step = step;
  }
}
