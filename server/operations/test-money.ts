import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import {
  TestMoneyAsk,
  type TestMoneyFault,
  TestMoneyFaultAsk,
  TestMoneyFaultId,
  type TestMoneyKind,
  TestMoneyQuery,
  TestMoneyView,
} from '#contract/operations.ts';
import { type Route, route } from '../gateway/route.ts';

/**
 * The payment simulator as an operator handles it. Refusals: `not-found` for an object it does not have, `conflict`
 * where the object's state forbids the act. Throws `Fault('payment-service-down')` when it does not answer.
 */
export interface TestMoneyDesk {
  /** The newest objects of a kind in which the words stand anywhere. */
  look(kind: TestMoneyKind, search: string): Promise<TestMoneyView['entries']>;
  act(ask: TestMoneyAsk): Promise<Result<undefined, 'not-found' | 'conflict'>>;
  faults(): Promise<TestMoneyFault[]>;
  arm(ask: TestMoneyFaultAsk): Promise<void>;
  disarm(faultId: string): Promise<void>;
}

const elsewhere = () => refuse('not-found', 'money is not the simulator’s here');

/** Routes of the operator's page over test money; without a desk they say that money is not simulated. */
export function testMoneyRoutes(desk: TestMoneyDesk | undefined): Route[] {
  return [
    route({
      method: 'get',
      path: '/test-money',
      action: 'test-money.read',
      summary: 'Objects of the payment simulator, newest first, and the failures it is armed with',
      query: TestMoneyQuery,
      reply: TestMoneyView,
      async handle({ query }) {
        if (desk === undefined) return accept({ isSimulated: false, entries: [], faults: [] });
        const [entries, faults] = await Promise.all([desk.look(query.kind, query.search), desk.faults()]);
        return accept({ isSimulated: true, entries, faults });
      },
    }),
    route({
      method: 'post',
      path: '/test-money/acts',
      action: 'test-money.change',
      summary:
        'Replays, puts off, doubles or loses an event; disputes a charge, decides a dispute, fails a refund',
      body: TestMoneyAsk,
      async handle({ body, audit }): Promise<Result<undefined, ErrorCode>> {
        if (desk === undefined) return elsewhere();
        audit({ object: body.target, after: { act: body.act } });
        return desk.act(body);
      },
    }),
    route({
      method: 'post',
      path: '/test-money/faults',
      action: 'test-money.change',
      summary: 'Arms the simulator with a failure',
      body: TestMoneyFaultAsk,
      async handle({ body, audit }): Promise<Result<undefined, ErrorCode>> {
        if (desk === undefined) return elsewhere();
        audit({ object: body.kind, after: { on: body.on, times: body.times } });
        await desk.arm(body);
        return accept(undefined);
      },
    }),
    route({
      method: 'delete',
      path: '/test-money/faults/:faultId',
      action: 'test-money.change',
      summary: 'Disarms one failure',
      params: TestMoneyFaultId,
      async handle({ params, audit }): Promise<Result<undefined, ErrorCode>> {
        if (desk === undefined) return elsewhere();
        audit({ object: params.faultId });
        await desk.disarm(params.faultId);
        return accept(undefined);
      },
    }),
  ];
}
