import { z } from 'zod';
import type { Deliveries } from './deliveries.ts';
import { Fault, type Faults } from './faults.ts';
import { Asked, listing } from './listing.ts';
import { finishOnboarding } from './objects/accounts.ts';
import { availableTo, moveMoney } from './objects/balance.ts';
import { decideDispute, dispute } from './objects/disputes.ts';
import { authenticate } from './objects/payment-flow.ts';
import { failRefund } from './objects/refunds.ts';
import { authenticateSetup } from './objects/setup-intents.ts';
import type { EventRecord } from './state.ts';
import { find, type World } from './world.ts';

type Reply = { status: number; body: unknown };
const ok = (body: unknown): Reply => ({ status: 200, body });
const Replay = z.object({ copies: z.int().min(1).max(100).default(1) });
const Delay = z.object({ ms: z.int().min(0).max(86_400_000) });

const json = (body: string): unknown => (body === '' ? {} : JSON.parse(body));

/** What a test or an operator can do to the simulator beside its API. */
export class Control {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #deliveries: Deliveries;
  readonly #commit: () => void;

  constructor(given: { world: World; faults: Faults; deliveries: Deliveries; commit: () => void }) {
    this.#world = given.world;
    this.#faults = given.faults;
    this.#deliveries = given.deliveries;
    this.#commit = given.commit;
  }

  /** Every object by kind, oldest first. */
  objects() {
    const { state } = this.#world;
    return {
      customers: state.customers.all(),
      payment_methods: state.paymentMethods.all(),
      confirmation_tokens: state.confirmationTokens.all(),
      payment_intents: state.paymentIntents.all(),
      setup_intents: state.setupIntents.all(),
      charges: state.charges.all(),
      refunds: state.refunds.all(),
      accounts: state.accounts.all(),
      transfers: state.transfers.all(),
      transfer_reversals: state.reversals.all(),
      disputes: state.disputes.all(),
      balance_transactions: state.balances
        .all()
        .map((record) => ({ account: record.account, ...record.transaction })),
    };
  }

  /** Every event with its deliveries, oldest first. */
  events(): EventRecord[] {
    return this.#world.state.events.all();
  }

  /** The payer passes or fails the 3-D Secure dialog of an intent. */
  authenticate(intentId: string, outcome: 'complete' | 'fail'): void {
    if (intentId.startsWith('seti_')) {
      authenticateSetup(this.#world, intentId, outcome === 'complete');
      this.#commit();
      return;
    }
    const intent = find(this.#world.state.paymentIntents.get(intentId), 'payment_intent', intentId);
    if (intent.status === 'requires_action') authenticate(this.#world, intent, outcome === 'complete');
    this.#commit();
  }

  /** The vendor finishes the onboarding page. */
  finishOnboarding(accountId: string): void {
    finishOnboarding(this.#world, accountId);
    this.#commit();
  }

  /** The holder of the card disputes a charge now. */
  dispute(chargeId: string): void {
    dispute(this.#world, chargeId);
    this.#commit();
  }

  /** The bank decides an open dispute. */
  decideDispute(disputeId: string, outcome: 'won' | 'lost'): void {
    decideDispute(this.#world, disputeId, outcome);
    this.#commit();
  }

  /** The bank could not take a refund that had been given. */
  failRefund(refundId: string, reason?: string): void {
    failRefund(this.#world, refundId, reason);
    this.#commit();
  }

  /** A waiting event is not posted any more; false where it had been posted or lost before. */
  loseEvent(eventId: string): boolean {
    return this.#deliveries.lose(find(this.#world.state.events.get(eventId), 'event', eventId).id);
  }

  /** An event is posted in `ms`, for the first time or once more. */
  delayEvent(eventId: string, ms: number): void {
    this.#deliveries.delay(find(this.#world.state.events.get(eventId), 'event', eventId).id, ms);
  }

  /** A connected account's balance is paid out to its bank, so that a reversal finds nothing. */
  payOut(accountId: string, currency: string): void {
    const amount = availableTo(this.#world, accountId, currency);
    const source = this.#world.newId('po');
    if (amount > 0)
      moveMoney(this.#world, {
        account: accountId,
        type: 'payout',
        category: 'payout',
        amount: -amount,
        currency,
        source,
      });
    this.#commit();
  }

  /** The routes under `/_sim/`. */
  async answer(method: string, path: string, query: URLSearchParams, body: string): Promise<Reply> {
    const [, , first = '', id = '', verb = ''] = path.split('/');
    switch (`${method} ${first}${verb === '' ? '' : ` ${verb}`}`) {
      case 'GET objects': {
        const kind = query.get('kind');
        const all: Record<string, unknown> = this.objects();
        return ok(kind === null ? all : (all[kind] ?? []));
      }
      case 'GET events':
        return ok(this.events().filter((record) => record.event.type.startsWith(query.get('type') ?? '')));
      case 'GET listing': {
        const asked = Asked.safeParse(Object.fromEntries(query));
        if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
        return ok(listing(this.#world, asked.data));
      }
      case 'POST events lose':
        return this.loseEvent(id) ? ok({}) : { status: 409, body: { error: 'it waits no longer' } };
      case 'POST events delay':
        this.delayEvent(id, Delay.parse(json(body)).ms);
        return ok({});
      case 'POST refunds fail':
        this.failRefund(id);
        return ok({});
      case 'POST disputes win':
      case 'POST disputes lose':
        this.decideDispute(id, verb === 'win' ? 'won' : 'lost');
        return ok({});
      case 'POST events replay':
        return ok({ status: await this.#deliveries.replay(id, Replay.parse(json(body)).copies) });
      case 'GET faults':
        return ok(this.#faults.list());
      case 'POST faults': {
        const wanted = Fault.safeParse(json(body));
        if (!wanted.success) return { status: 400, body: { error: z.prettifyError(wanted.error) } };
        this.#faults.add(wanted.data);
        return ok(this.#faults.list());
      }
      case 'DELETE faults':
        if (id === '') this.#faults.clear();
        else this.#faults.remove(id);
        return ok(this.#faults.list());
      case 'POST accounts finish':
        this.finishOnboarding(id);
        return ok({});
      case 'POST charges dispute':
        this.dispute(id);
        return ok({});
      default:
        return { status: 404, body: { error: `no ${method} ${path}` } };
    }
  }
}
