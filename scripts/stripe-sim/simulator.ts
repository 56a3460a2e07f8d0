import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { Control } from './control.ts';
import { Deliveries } from './deliveries.ts';
import { Faults, type FaultWanted } from './faults.ts';
import { listen } from './http.ts';
import { Idempotency } from './idempotency.ts';
import { dispute } from './objects/disputes.ts';
import { settle } from './objects/payment-flow.ts';
import { failRefund } from './objects/refunds.ts';
import { type Due, type EventRecord, openState } from './state.ts';
import { Store } from './store.ts';
import { type Delays, World } from './world.ts';

/** How to open a simulator; everything but the two secrets has a default. */
export type SimulatorOptions = {
  /** The `sk_test_…` that callers must carry. */
  secretKey: string;
  /** The `whsec_…` that webhooks are signed with. */
  webhookSecret: string;
  webhookUrl?: string;
  /** 0, the default, takes any free port on loopback. */
  port?: number;
  /** Where state is kept over restarts; without it, in memory alone. */
  dataFile?: string;
  /** Milliseconds since 1970. */
  clock?: () => number;
  faults?: readonly FaultWanted[];
  delays?: Partial<Delays>;
  /** Test money on the platform's balance, granted once per currency (minor units). */
  openingBalance?: number;
};

/** A running simulator. Dispose it to stop. */
export type Simulator = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  setWebhookUrl(url: string | undefined): void;
  addFault(fault: FaultWanted): void;
  clearFaults(): void;
  /** Posts an event again; answers the endpoint's HTTP status, 0 where nobody answered. */
  replayEvent(id: string, copies?: number): Promise<number>;
  events(): EventRecord[];
  /** Resolves when every webhook has been taken. */
  webhooksSettled(): Promise<void>;
};

const acts: Record<Due['act'], (world: World, id: string) => void> = {
  settle,
  dispute,
  'fail-refund': failRefund,
};

const startDues = (world: World, commit: () => void): Disposable => {
  const timers = new Map<string, NodeJS.Timeout>();
  const run = (due: Due): void => {
    timers.delete(due.id);
    world.state.dues.remove(due.id);
    try {
      acts[due.act](world, due.of);
    } catch (refusal) {
      // What has become of the object meanwhile forbids it: a refunded charge is not disputed.
      if (!(refusal instanceof ApiError)) throw refusal;
    }
    commit();
  };
  const arm = (due: Due): void => {
    timers.set(
      due.id,
      setTimeout(() => run(due), Math.max(0, due.at - world.nowMs())),
    );
  };
  world.onDue(arm);
  for (const due of world.state.dues.all()) arm(due);
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
};

/** Opens the simulator and answers when it listens. State in `dataFile` is taken up again, waiting webhooks too. */
export const openStripeSimulator = async (options: SimulatorOptions): Promise<Simulator> => {
  if (options.dataFile !== undefined) mkdirSync(dirname(options.dataFile), { recursive: true });
  const store = new Store(options.dataFile);
  const state = openState(store);
  store.open();
  const commit = () => store.commit();
  const world = new World({
    state,
    clock: options.clock ?? Date.now,
    delays: { lateMs: 3000, disputeMs: 2000, refundFailMs: 2000, ...options.delays },
    openingBalance: options.openingBalance ?? 1_000_000,
    origin: 'http://127.0.0.1',
  });
  const faults = new Faults();
  for (const fault of options.faults ?? []) faults.add(fault);
  const { secretKey, webhookSecret, webhookUrl } = options;
  const deliveries = new Deliveries({ world, faults, commit, secret: webhookSecret, url: webhookUrl });
  world.onEvent((record) => deliveries.add(record));
  const dues = startDues(world, commit);
  const control = new Control({ world, faults, deliveries, commit });
  const idempotency = new Idempotency(world);
  const api = new Api({ world, idempotency, secretKey, commit });
  const { server, port } = await listen(options.port ?? 0, {
    world,
    api,
    control,
    faults,
    idempotency,
    secretKey,
    commit,
  });
  const url = `http://127.0.0.1:${port}`;
  world.origin = url;
  return {
    url,
    port,
    control,
    setWebhookUrl: (address) => deliveries.setUrl(address),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    replayEvent: (id, copies) => deliveries.replay(id, copies),
    events: () => control.events(),
    webhooksSettled: () => deliveries.settled(),
    [Symbol.asyncDispose]: async () => {
      dues[Symbol.dispose]();
      deliveries.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
};
