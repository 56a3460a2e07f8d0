import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { PaymentFact } from '#server/payments/core/observe.ts';
import type {
  AttemptName,
  CreatedPayment,
  MadeReversal,
  MadeTransfer,
  Moved,
  PaymentService,
  ServiceEvent,
} from '#server/payments/service.ts';
import { type Card, type Intent, keptOf, lookOf, sentOf, type Transfer } from './payment-objects.ts';
import type { Party, Scheduler } from './scheduler.ts';

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const smallest = 50;
const keysLastMs = 24 * 3_600_000;

/**
 * The payment service as it stands on its own side: intents, refunds, transfers, events and idempotency keys. Every
 * method is one instant; the network to it is {@link paymentClient}. `faults` collects what no asker may ask.
 */
export class PaymentModel {
  readonly party: Party = { name: 'payment service', isAlive: true };
  readonly intents = new Map<string, Intent>();
  readonly transfers: Transfer[] = [];
  readonly events: ServiceEvent[] = [];
  readonly faults: string[] = [];
  onEvent: (event: ServiceEvent) => void = () => {};
  readonly #scheduler: Scheduler;
  readonly #cards = new Map<string, { card: Card; fingerprint: string; isUsed: boolean }>();
  readonly #answers = new Map<string, { params: string; at: number; answer: unknown }>();
  #count = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  #id(prefix: string): string {
    this.#count += 1;
    return `${prefix}_${this.#count}`;
  }

  /** A card typed into the panel. */
  token(card: Card, fingerprint: string): string {
    const token = this.#id('ctoken');
    this.#cards.set(token, { card, fingerprint, isUsed: false });
    return token;
  }

  previewCard(token: string) {
    const card = this.#cards.get(token);
    return card && !card.isUsed ? { fingerprint: card.fingerprint, brand: 'visa', last4: '4242' } : undefined;
  }

  /** The first answer of a key is its answer for a day. */
  keyed<Answer>(key: string, asked: unknown, answer: () => Answer): Answer {
    const params = JSON.stringify(asked);
    const known = this.#answers.get(key);
    if (known && this.#scheduler.now - known.at < keysLastMs) {
      if (known.params !== params) this.faults.push(`I11 key ${key} was used for something else`);
      return known.answer as Answer;
    }
    const given = answer();
    this.#answers.set(key, { params, at: this.#scheduler.now, answer: given });
    return given;
  }

  /** From now on this key is answered with a fault, as a stored 500 is. */
  spoil(key: string, asked: unknown, answer: unknown): void {
    this.#answers.set(key, { params: JSON.stringify(asked), at: this.#scheduler.now, answer });
  }

  create(input: Parameters<PaymentService['createPayment']>[0]): CreatedPayment {
    const { name, amount, confirmationToken, transferGroup } = input;
    const card = this.#cards.get(confirmationToken);
    if (card?.isUsed) this.faults.push(`I11 a used card of ${name.subjectId} was sent under another key`);
    if (card === undefined || card.isUsed)
      return { kind: 'declined', intentId: undefined, code: 'details_unusable' };
    if (amount.amount < smallest) return { kind: 'declined', intentId: undefined, code: 'amount_too_small' };
    card.isUsed = true;
    const now = this.#scheduler.now;
    const intent: Intent = {
      ...name,
      intentId: this.#id('pi'),
      status: 'requires_confirmation',
      amount,
      charge: undefined,
      refunds: [],
      fingerprint: card.fingerprint,
      card: { brand: 'visa', last4: '4242' },
      failureCode: undefined,
      at: now,
      transferGroup,
      createdAt: now,
      isRefundedOutside: false,
      wasShownToPayer: false,
    };
    this.intents.set(intent.intentId, intent);
    const { intentId } = intent;
    switch (card.card) {
      case 'good':
        this.#succeed(intent);
        return this.#created(intent, 'paid');
      case 'declined':
        this.#fail(intent, 'insufficient_funds');
        return { kind: 'declined', intentId, code: 'insufficient_funds' };
      case 'asks':
        intent.status = 'requires_action';
        intent.wasShownToPayer = true;
        this.#emit('payment_intent.requires_action', intentId);
        return this.#created(intent, 'requires-action');
      case 'slow-good':
      case 'slow-bad': {
        intent.status = 'processing';
        this.#emit('payment_intent.processing', intentId);
        const takes = this.#scheduler.dice.pick([300, 3000, 15_000, 60_000]);
        this.#scheduler.after(takes, this.party, `${intentId} is through`, () => {
          if (card.card === 'slow-good') this.#succeed(intent);
          else this.#fail(intent, 'do_not_honor');
        });
        return this.#created(intent, 'processing');
      }
    }
  }

  /** Money that comes when nobody waits for it any more: an intent of an earlier day, paid after all. */
  payLate(subjectId: string, amount: Money): void {
    const token = this.token('good', 'a late card');
    this.create({
      name: { purpose: 'order', subjectId, attempt: 99 },
      amount,
      confirmationToken: token,
      capture: 'now',
      transferGroup: subjectId,
      metadata: {},
      key: token,
    });
  }

  #created(
    { intentId }: Intent,
    status: Extract<CreatedPayment, { kind: 'intent' }>['status'],
  ): CreatedPayment {
    return { kind: 'intent', intentId, status, clientSecret: `${intentId}_secret` };
  }

  #succeed(intent: Intent): void {
    for (const other of this.intents.values())
      if (other.subjectId === intent.subjectId && keptOf(other) > 0)
        this.faults.push(`I11 ${intent.subjectId} was charged beside a charge`);
    const at = this.#scheduler.now;
    intent.status = 'succeeded';
    intent.charge = { chargeId: this.#id('ch'), captured: intent.amount.amount, at };
    intent.at = at;
    this.#emit('payment_intent.succeeded', intent.intentId);
  }

  #fail(intent: Intent, code: string): void {
    intent.status = 'requires_payment_method';
    intent.failureCode = code;
    this.#emit('payment_intent.payment_failed', intent.intentId);
  }

  /** What the payer does in the bank's window. */
  authenticate(intentId: string, passes: boolean): void {
    const intent = this.intents.get(intentId);
    if (intent?.status !== 'requires_action') return;
    if (passes) this.#succeed(intent);
    else this.#fail(intent, 'authentication_failed');
  }

  find(name: AttemptName, since: Date): CreatedPayment | undefined {
    const found = [...this.intents.values()].find(
      (one) =>
        one.createdAt >= since.getTime() && one.subjectId === name.subjectId && one.attempt === name.attempt,
    );
    if (found === undefined) return undefined;
    const statuses = {
      succeeded: 'paid',
      canceled: 'cancelled',
      requires_action: 'requires-action',
      requires_payment_method: 'failed',
      processing: 'processing',
      requires_capture: 'authorised',
      requires_confirmation: 'processing',
    } as const;
    return this.#created(found, statuses[found.status]);
  }

  fact(intentId: string): PaymentFact | undefined {
    const intent = this.intents.get(intentId);
    return intent && { ...structuredClone(intent), disputes: [], look: lookOf(intent) };
  }

  cancel(intentId: string): 'cancelled' | 'paid' | 'processing' {
    const intent = this.intents.get(intentId);
    if (intent === undefined) throw new Error(`no ${intentId}`);
    if (intent.status === 'succeeded') return 'paid';
    if (intent.status === 'processing') return 'processing';
    if (intent.status !== 'canceled') {
      intent.status = 'canceled';
      intent.at = this.#scheduler.now;
      this.#emit('payment_intent.canceled', intentId);
    }
    return 'cancelled';
  }

  refund(input: {
    intentId: string;
    amount: Money;
    refundId: string | undefined;
  }): Moved<{ serviceRefundId: string }> {
    const { intentId, amount, refundId } = input;
    const intent = this.intents.get(intentId);
    const left = intent ? keptOf(intent) : 0;
    if (intent === undefined || left < amount.amount) {
      if (!intent?.isRefundedOutside)
        this.faults.push(`I18 ${amount.amount} was to be refunded of ${left} left of ${intentId}`);
      return { kind: 'refused', reason: 'amount_too_large' };
    }
    const serviceRefundId = this.#id('re');
    intent.refunds.push({
      serviceRefundId,
      refundId: refundId as RefundId | undefined,
      amount: amount.amount,
      hasFailed: false,
      at: this.#scheduler.now,
    });
    this.#emit('charge.refunded', intentId);
    return { kind: 'made', serviceRefundId };
  }

  /** Somebody gives money back on the payment service's own page. */
  refundOutside(intentId: string, share: number): void {
    const intent = this.intents.get(intentId);
    const amount = Math.floor((intent ? keptOf(intent) : 0) * share);
    if (intent === undefined || amount === 0) return;
    intent.isRefundedOutside = true;
    this.refund({
      intentId,
      amount: { amount, currency: intent.amount.currency },
      refundId: undefined,
    });
  }

  transfer(input: Parameters<PaymentService['transfer']>[0]): Moved<MadeTransfer> {
    const { amount, chargeId, transferGroup: group, moveId } = input;
    const of = [...this.intents.values()].find((one) => one.charge?.chargeId === chargeId);
    if (chargeId !== undefined && of?.status !== 'succeeded') {
      this.faults.push(`RULE-3 a transfer out of ${chargeId} was asked before it was confirmed`);
      return { kind: 'refused', reason: 'no such charge' };
    }
    const made = { transferId: this.#id('tr'), at: new Date(this.#scheduler.now) };
    this.transfers.push({ ...made, amount, chargeId, group, moveId, reversals: [] });
    return { kind: 'made', ...made };
  }

  reverse(transferId: string, amount: Money, moveId: string): Moved<MadeReversal> {
    const transfer = this.transfers.find((one) => one.transferId === transferId);
    const left = transfer ? sentOf(transfer) : 0;
    if (transfer === undefined || left < amount.amount) {
      this.faults.push(`I18 ${amount.amount} was to be reversed of ${left} left of ${transferId}`);
      return { kind: 'refused', reason: 'insufficient' };
    }
    const made = { reversalId: this.#id('trr'), at: new Date(this.#scheduler.now) };
    transfer.reversals.push({ ...made, amount: amount.amount, moveId });
    return { kind: 'made', ...made };
  }

  /** What lies with the payment service for us, in minor units of the one currency. */
  balance(): number {
    const kept = [...this.intents.values()].reduce((sum, intent) => sum + keptOf(intent), 0);
    return kept - this.transfers.reduce((sum, transfer) => sum + sentOf(transfer), 0);
  }

  #emit(type: string, intentId: string): void {
    const event: ServiceEvent = {
      eventId: this.#id('evt'),
      type,
      isLive: false,
      createdAt: new Date(this.#scheduler.now),
      intentId,
      accountId: undefined,
    };
    this.events.push(event);
    this.onEvent(event);
  }
}
