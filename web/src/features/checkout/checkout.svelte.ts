import { checkoutLive, type Delivery, OrderView, type Quote } from '#contract/checkout.ts';
import { call, tell } from '../../live/api.ts';
import type { Session } from '../../live/session.svelte.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';
import { OrderDesk, type Wish } from './order-desk.ts';
import { isBusy, type Step, turnOf } from './order-turn.ts';
import { askBank, type PaymentPage } from './stripe.ts';
import { TotalWatch } from './total-watch.svelte.ts';

/** The buyer's address book, as far as a checkout asks it. */
export type Addresses = { load(): Promise<void>; first(): Delivery | undefined };

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
  /** Prices that changed, and whether Pay is off for it. */
  readonly total = new TotalWatch();
  /** The card of the last try. */
  lastCard = $state.raw<{ last4: string }>();
  /** The bank's own page, where it may not stand in ours. */
  bankUrl = $state('');
  /** Hears no more of orders. */
  readonly stop: () => void;
  readonly #session: Pick<Session, 'ensurePerson'>;
  readonly #addresses: Addresses;
  readonly #leftUnpaid: (wish: Wish, quote: Quote) => void;
  #turn = 0;
  #wasPlaced = false;
  readonly #desk = new OrderDesk();
  /** An order that the buyer leaves: its end is no news. */
  #letGo: string | undefined;
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
    if (isBusy(this.step) || this.step === 'placing') return;
    if (!(await this.#giveBack())) return;
    this.close();
    this.orderLink = '';
    this.total.restart();
    this.lastCard = undefined;
    this.wish = wish;
    await this.#price('seen');
  }

  /** Another quantity, coupon or address: what was held goes back, and is held anew at the new total. */
  async alter(wish: Partial<Pick<Wish, 'lines' | 'coupon'>>): Promise<void> {
    if (isBusy(this.step) || this.step === 'placing' || this.step === 'quoting') return;
    if (!(await this.#giveBack())) return;
    this.wish = { ...this.wish, ...wish };
    await this.#price();
  }

  /** Where it goes: shipping and tax are asked for it. */
  async sendTo(delivery: Delivery): Promise<void> {
    if (isBusy(this.step) || !(await this.#giveBack())) return;
    this.delivery = delivery;
    await this.#price();
  }

  /** Shows the addresses to choose from. */
  async askAddress(): Promise<void> {
    if (isBusy(this.step)) return;
    await this.#addresses.load();
    this.step = 'address';
  }

  /** After the hold's end, a refusal or somebody else's purchase: asks anew for the same. */
  async again(): Promise<void> {
    if (isBusy(this.step)) return;
    this.order = undefined;
    await this.#price('shown');
  }

  /** Sends the card to the payment service, and its token to the server; a demanded authentication runs in between. */
  async pay(page: PaymentPage): Promise<void> {
    const from = this.step;
    if ((from !== 'held' && from !== 'quoted') || !this.total.isArmed) return;
    this.step = 'paying';
    this.refusal = '';
    this.total.change = undefined;
    this.bankUrl = '';
    const made = await this.#desk.token(page, this.order?.state === 'paying');
    if (!this.#is('paying')) return;
    if (!made.ok) {
      this.refusal = made.refusal;
      this.step = from;
      return;
    }
    this.lastCard = made.card ?? this.lastCard;
    if (this.order === undefined && !(await this.#place('paying'))) return;
    const { order } = this;
    if (order === undefined) return;
    this.#sent = order.orderId;
    const answer = await this.#desk.pay(order.orderId, made.token);
    if (!answer.ok) {
      this.refusal = answer.refusal;
      if (this.#is('paying')) this.step = 'held';
      await this.refresh();
      return;
    }
    this.#hear(answer.value.order);
    const { status, clientSecret } = answer.value;
    if (status === 'requires-action' && clientSecret) await this.#authenticate(page, clientSecret);
    else if (status === 'processing' && this.#is('paying')) this.step = 'confirming';
  }

  async #authenticate(page: PaymentPage, clientSecret: string): Promise<void> {
    this.step = 'authenticating';
    const asked = await askBank(page, clientSecret).catch(() => ({ url: '' }));
    if (asked.url) this.bankUrl = asked.url;
    // Whatever the dialog said, the payment service's own word decides: it comes as order-changed.
    else if (this.#is('authenticating')) this.step = 'confirming';
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
    else if (this.step === 'address' && this.delivery && !this.refusal) void this.#price();
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
    this.total.restart();
  }

  async #price(compareTo?: 'seen' | 'shown'): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.step = 'quoting';
    this.refusal = '';
    await this.#session.ensurePerson().catch(() => {});
    const answer = await this.#desk.quote(this.wish, this.delivery);
    if (turn !== this.#turn) return;
    if (!answer.ok) {
      this.quote = undefined;
      this.#refuse(answer.refusal);
      return;
    }
    this.quote = answer.value;
    this.total.take(answer.value, compareTo, this.wish.seen);
    if (this.delivery ? !answer.value.isTotalFinal : this.#needsAddress()) {
      await this.#addresses.load();
      if (turn !== this.#turn) return;
      const first = this.delivery ? undefined : this.#addresses.first();
      if (first) {
        this.delivery = first;
        await this.#price(compareTo);
        return;
      }
      // An address that does not settle shipping and tax lacks its state or province.
      if (this.delivery) this.refusal = 'address-required';
      this.step = 'address';
      return;
    }
    if (this.isFirstPaid) this.step = 'quoted';
    else await this.#place('held');
  }

  /** Places the order at the total that stands there. Another total is told, and held or asked for again. */
  async #place(then: 'held' | 'paying', patience = 2): Promise<boolean> {
    const { quote } = this;
    if (quote === undefined) return false;
    this.step = 'placing';
    const answer = await this.#desk.place(this.wish, this.delivery, quote.totals.total);
    if (answer.ok) {
      this.#wasPlaced = true;
      this.#letGo = undefined;
      this.order = answer.value;
      this.orderLink = answer.value.link;
      this.step = then;
      return true;
    }
    if (answer.refusal === 'quote-changed' && patience > 0) return await this.#priceAnew(then, patience);
    this.#refuse(answer.refusal);
    return false;
  }

  /** The total changed meanwhile: it is told, and a tap on Pay has to be made again. */
  async #priceAnew(then: 'held' | 'paying', patience: number): Promise<boolean> {
    const answer = await this.#desk.quote(this.wish, this.delivery);
    if (!answer.ok) {
      this.#refuse(answer.refusal);
      return false;
    }
    this.quote = answer.value;
    this.total.take(answer.value, 'shown', undefined);
    if (then === 'held') return await this.#place('held', patience - 1);
    this.step = 'quoted';
    return false;
  }

  #refuse(refusal: string): void {
    this.refusal = refusal;
    this.step = refusal === 'out-of-stock' ? 'sold-out' : 'refused';
  }

  /** Gives back what the panel holds. False when the order went on meanwhile: it is shown instead. */
  async #giveBack(): Promise<boolean> {
    const { order } = this;
    if (order === undefined) return true;
    if (this.step !== 'held' && this.step !== 'address' && this.step !== 'authenticating') {
      this.order = undefined;
      return true;
    }
    this.#letGo = order.orderId;
    try {
      await tell('POST', `/orders/${order.orderId}/cancel`);
    } catch {
      this.#letGo = undefined;
      await this.refresh();
      if (this.#is('paid')) return false;
    }
    if (this.#sent === order.orderId) this.#sent = undefined;
    this.order = undefined;
    return true;
  }

  #needsAddress(): boolean {
    return this.quote !== undefined && (this.quote.needsDelivery || !this.quote.isTotalFinal);
  }

  #is(step: Step): boolean {
    return this.step === step;
  }

  /** The server's word on the order in the panel; an older version than the one shown changes nothing. */
  #hear(order: OrderView): void {
    const { orderId, version } = order;
    if (orderId === this.#letGo) return;
    if (orderId !== (this.step === 'closed' ? this.#sent : this.order?.orderId)) return;
    if (this.order && version < this.order.version) return;
    const turn = turnOf(this.step, order);
    if (turn === undefined) return;
    this.order = order;
    if (turn === this.step) return;
    this.step = turn;
    this.refusal = turn === 'held' && order.lastFailure ? 'card-declined' : '';
    if (turn !== 'held') this.#sent = undefined;
  }
}
