import {
  type TestMoneyAsk,
  type TestMoneyFaultAsk,
  type TestMoneyKind,
  TestMoneyView,
} from '#contract/operations.ts';
import { call, codeOf, tell } from '../../live/api.ts';

const everyMs = 2000;

/** What the desk asks of the server; a test puts its own in place. */
export type TestMoneyCalls = {
  look(kind: TestMoneyKind, search: string): Promise<TestMoneyView>;
  act(ask: TestMoneyAsk): Promise<void>;
  arm(ask: TestMoneyFaultAsk): Promise<void>;
  disarm(faultId: string): Promise<void>;
};

const overHttp: TestMoneyCalls = {
  look: (kind, search) => call('GET', `/test-money?${new URLSearchParams({ kind, search })}`, TestMoneyView),
  act: (body) => tell('POST', '/test-money/acts', { body }),
  arm: (body) => tell('POST', '/test-money/faults', { body }),
  disarm: (faultId) => tell('DELETE', `/test-money/faults/${faultId}`),
};

/** The payment simulator on the operator's desk: one kind of object at a time, read every 2 s and after each act. */
export class TestMoneyDesk {
  kind = $state<TestMoneyKind>('events');
  search = $state('');
  /** What was seen last for `kind` and `search`; undefined until the first look. */
  view = $state.raw<TestMoneyView>();
  /** The code of what went wrong with the last look. */
  trouble = $state<string>();
  isBusy = $state(false);
  readonly #calls: TestMoneyCalls;
  #asked = 0;
  #answered = 0;
  #pending = 0;

  constructor(calls: TestMoneyCalls = overHttp) {
    this.#calls = calls;
  }

  /** Shows another kind, or what contains other words. */
  show(wanted: { kind?: TestMoneyKind; search?: string }): Promise<void> {
    if (wanted.kind !== undefined && wanted.kind !== this.kind) this.view = undefined;
    this.kind = wanted.kind ?? this.kind;
    this.search = wanted.search ?? this.search;
    return this.look();
  }

  /** Looks once more; an answer to another question, or that a later look overtook, is dropped. */
  async look(): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    const { kind, search } = this;
    const isWanted = () => mine > this.#answered && kind === this.kind && search === this.search;
    this.#pending += 1;
    try {
      const view = await this.#calls.look(kind, search);
      if (!isWanted()) return;
      this.#answered = mine;
      this.view = view;
      this.trouble = undefined;
    } catch (fault) {
      if (isWanted()) this.trouble = codeOf(fault);
    } finally {
      this.#pending -= 1;
    }
  }

  /** Does one thing and looks at what came of it. Answers the code of a refusal. */
  act(ask: TestMoneyAsk): Promise<string | undefined> {
    return this.#change(() => this.#calls.act(ask));
  }

  arm(ask: TestMoneyFaultAsk): Promise<string | undefined> {
    return this.#change(() => this.#calls.arm(ask));
  }

  disarm(faultId: string): Promise<string | undefined> {
    return this.#change(() => this.#calls.disarm(faultId));
  }

  async #change(work: () => Promise<void>): Promise<string | undefined> {
    this.isBusy = true;
    try {
      await work();
      return undefined;
    } catch (fault) {
      return codeOf(fault);
    } finally {
      this.isBusy = false;
      await this.look();
    }
  }

  /** Looks until the returned function is called, one look at a time; rests while nobody sees the page. */
  follow(): () => void {
    void this.look();
    const timer = setInterval(() => {
      if (!document.hidden && this.#pending === 0) void this.look();
    }, everyMs);
    return () => clearInterval(timer);
  }
}
