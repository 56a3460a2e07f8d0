import type { ServiceEvent } from '#server/payments/service.ts';
import { PaymentModel } from './payment-model.ts';
import { signatureOf } from './payment-objects.ts';
import { type Ground, openProcess, type Process } from './process.ts';
import { openRecord, type Record } from './record.ts';
import type { Party, Scheduler } from './scheduler.ts';
import { Watch } from './watch.ts';
import type { Weather } from './weather.ts';

/** What a browser heard: a value, a fault (a 5xx), or nothing. */
export type Heard<Value> = { kind: 'answer'; value: Value } | { kind: 'fault' } | { kind: 'nothing' };

/** How often a worker looks, in ms, by sweep. */
const looks = { holds: 1000, inbox: 2000, moves: 2000, outbox: 2000, stock: 5000, reconcile: 10_000 };

/**
 * Two servers and a worker over one record and one payment service. Processes die and come back as new ones; webhooks
 * and wakes travel as the weather lets them.
 */
export class House {
  readonly record: Record = openRecord();
  readonly model: PaymentModel;
  readonly watch: Watch;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly network: Party = { name: 'network', isAlive: true };
  isClosing = false;
  readonly #ground: Ground;
  readonly #processes = new Map<string, Process>();

  constructor(scheduler: Scheduler, weather: Weather) {
    this.scheduler = scheduler;
    this.weather = weather;
    this.model = new PaymentModel(scheduler);
    this.watch = new Watch(this.model);
    this.model.onEvent = (event) => this.#post(event);
    this.#ground = {
      scheduler,
      weather,
      model: this.model,
      record: this.record,
      watch: this.watch,
      wake: (job, delayMs) => this.#wake(job, delayMs),
      die: (party) => this.#die(party),
    };
    for (const name of ['server 1', 'server 2', 'worker']) this.#start(name);
  }

  #start(name: string): void {
    const process = openProcess(this.#ground, name);
    this.#processes.set(name, process);
    if (name === 'worker') this.#work(process);
  }

  #die(party: Party): void {
    this.scheduler.note(party.name, () => 'DIES');
    party.isAlive = false;
    const rests = this.scheduler.dice.pick([50, 1000, 8000]);
    this.scheduler.after(rests, this.network, `${party.name} starts`, () => this.#start(party.name));
  }

  #of(name: string): Process {
    const process = this.#processes.get(name);
    if (process === undefined) throw new Error(`there is no ${name}`);
    return process;
  }

  #work(process: Process): void {
    const { payments, checkout, catalog, party } = process;
    const loop = async (ms: number, look: () => Promise<unknown>): Promise<void> => {
      while (!this.isClosing) {
        await this.scheduler.wait(ms, party);
        if (!this.isClosing) await look().catch(() => {});
      }
    };
    void loop(looks.holds, () => checkout.sweepHolds());
    void loop(looks.inbox, () => payments.sweepInbox());
    void loop(looks.moves, async () => {
      await checkout.sweepRefunds();
      await payments.sweepRefunds();
      await payments.sweepTransfers();
      await payments.sweepReversals();
    });
    void loop(looks.outbox, () => process.relayAll());
    void loop(looks.stock, () => catalog.sweep());
    void loop(looks.reconcile, () => payments.reconcile());
  }

  /** Everything a worker does, once over. */
  async mend(): Promise<void> {
    const process = this.#of('worker');
    const { payments, checkout, catalog } = process;
    for (const look of [
      () => catalog.sweep(),
      () => payments.sweepInbox(),
      () => payments.reconcile(),
      () => checkout.sweepHolds(),
      () => process.relayAll(),
      () => checkout.sweepRefunds(),
      () => payments.sweepRefunds(),
      () => payments.sweepTransfers(),
      () => payments.sweepReversals(),
      () => process.relayAll(),
    ])
      await look().catch((fault: unknown) =>
        this.scheduler.note('worker', () => `could not: ${String(fault)}`),
      );
  }

  /** A browser's request to some server. It gives up after a quarter of a minute. */
  request<Value>(who: Party, what: string, act: (process: Process) => Promise<Value>): Promise<Heard<Value>> {
    const { scheduler, weather } = this;
    return new Promise((resolve) => {
      let isOver = false;
      const hear = (heard: Heard<Value>): void => {
        if (isOver) return;
        isOver = true;
        scheduler.note(who.name, () => `${what}: ${heard.kind} ${wordsOf(heard)}`);
        resolve(heard);
      };
      scheduler.after(15_000, who, `may give up: ${what}`, () => hear({ kind: 'nothing' }));
      scheduler.after(weather.network(), this.network, `${who.name} ${what}`, () => {
        const process = this.#of(scheduler.dice.pick(['server 1', 'server 2']));
        if (!process.party.isAlive) return;
        const answer = (heard: Heard<Value>): void =>
          scheduler.after(weather.network(), process.party, `answers ${who.name} ${what}`, () => {
            if (!weather.loss()) hear(heard);
          });
        act(process).then(
          (value) => answer({ kind: 'answer', value }),
          (fault: unknown) => {
            scheduler.note(process.party.name, () => `fault: ${String(fault)}`);
            answer({ kind: 'fault' });
          },
        );
      });
    });
  }

  /** Webhooks travel to some server, each copy signed when it is sent; what is not answered well is sent again. */
  #post(event: ServiceEvent): void {
    for (const ms of this.weather.deliveries()) this.#deliver(event, ms, 0);
  }

  #deliver(event: ServiceEvent, ms: number, tries: number): void {
    const { scheduler } = this;
    scheduler.after(ms, this.network, `webhook ${event.eventId}`, () => {
      // Spaces that no parser would write: only the raw bytes fit the signature.
      const body = new TextEncoder().encode(JSON.stringify(event, undefined, 3));
      const { party, receive } = this.#of(scheduler.dice.pick(['server 1', 'server 2']));
      const again = (): void => {
        if (tries < 3) this.#deliver(event, 2000 * 4 ** tries, tries + 1);
      };
      if (!party.isAlive) return again();
      receive(body, signatureOf(body, scheduler.now)).then((answer) => {
        if (!answer.ok) this.watch.faults.push(`M-O8 the signed event ${event.eventId} was turned away`);
      }, again);
    });
  }

  /** Somebody who knows an event's shape but not the secret. */
  async forge(intentId: string): Promise<void> {
    const eventId = `evt_forged_${intentId}`;
    const event = { eventId, type: 'payment_intent.succeeded', isLive: false, intentId };
    const { now } = this.scheduler;
    const body = new TextEncoder().encode(JSON.stringify({ ...event, createdAt: new Date(now) }));
    const answer = await this.#of('server 1').receive(body, `t=${now},v1=${'0'.repeat(64)}`);
    if (answer.ok) this.watch.faults.push('B17 a forged event was taken');
  }

  #wake({ eventId, orderId }: { eventId?: string; orderId?: string }, delayMs: number): void {
    if (this.weather.loss()) return;
    const { scheduler } = this;
    scheduler.after(delayMs + scheduler.dice.below(20), this.network, `wakes ${eventId ?? orderId}`, () => {
      const { party, payments, checkout } = this.#of('worker');
      if (!party.isAlive) return;
      if (eventId !== undefined) void payments.handleEvent(eventId).catch(() => {});
      else
        for (const known of this.record.orderIds)
          if (known === orderId) void checkout.endHold(known).catch(() => {});
    });
  }
}

const wordsOf = (heard: Heard<unknown>): string => {
  if (heard.kind !== 'answer') return '';
  return JSON.stringify(heard.value, (name, value: unknown) =>
    name === 'history' ? undefined : value,
  ).slice(0, 200);
};
