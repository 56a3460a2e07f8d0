import { z } from 'zod';
import { Instant } from './ids.ts';
import { Money } from './money.ts';

/** One part of an installation and how it is. `delayMs` is what one round trip (or the last beat) takes now. */
export const HealthPart = z.object({
  name: z.string(),
  kind: z.enum(['process', 'store', 'queue', 'payment']),
  state: z.enum(['well', 'slow', 'down']),
  delayMs: z.number().nullable(),
  /** When it came into this state. */
  since: Instant,
  detail: z.string(),
});
export type HealthPart = z.infer<typeof HealthPart>;

/** Worst first. */
export const HealthView = z.object({
  state: z.enum(['well', 'slow', 'down']),
  checkedAt: Instant,
  parts: z.array(HealthPart),
});
export type HealthView = z.infer<typeof HealthView>;

/** What the payment simulator is looked through for. */
export const TestMoneyKind = z.enum(['payments', 'refunds', 'transfers', 'disputes', 'events']);
export type TestMoneyKind = z.infer<typeof TestMoneyKind>;

/** Something an operator lets happen to an object of the simulator. */
export const TestMoneyAct = z.enum([
  'replay',
  'delay',
  'double',
  'lose',
  'dispute',
  'win',
  'lose-dispute',
  'fail-refund',
]);
export type TestMoneyAct = z.infer<typeof TestMoneyAct>;

const ObjectId = z.string().regex(/^[a-z]{2,8}_[A-Za-z0-9]{1,64}$/);

/** One object of the simulator, as it stands now. */
export const TestMoneyEntry = z.object({
  id: ObjectId,
  at: Instant,
  /** In the payment service's own words; of an event: `waiting`, `taken` or `lost`. */
  status: z.string(),
  /** The subject of a payment, the type of an event, else the object it belongs to. */
  about: z.string(),
  amount: Money.nullable(),
  /** Tries to hand an event over, oldest first; status 0 = nobody answered. */
  deliveries: z.array(z.object({ at: Instant, status: z.int() })),
  /** What can be done now, and to which object. */
  can: z.array(z.object({ act: TestMoneyAct, target: ObjectId })),
});
export type TestMoneyEntry = z.infer<typeof TestMoneyEntry>;

/** A failure that the simulator can be armed with: of an answer, or of an event on its way. */
export const TestMoneyFaultKind = z.enum([
  '429',
  '500-before',
  '500-after',
  'timeout-after',
  'reset-mid-body',
  'delay',
  'webhook-lost',
  'webhook-doubled',
  'webhook-delayed',
  'webhook-reordered',
]);
export type TestMoneyFaultKind = z.infer<typeof TestMoneyFaultKind>;

/** An armed failure. `on` is a path or an event type in which `*` stands for anything; `times` are left. */
export const TestMoneyFault = z.object({
  id: ObjectId,
  kind: TestMoneyFaultKind,
  on: z.string(),
  times: z.int(),
});
export type TestMoneyFault = z.infer<typeof TestMoneyFault>;

/** The newest objects of one kind. `isSimulated` false: money is Stripe's, and there is nothing to see here. */
export const TestMoneyView = z.object({
  isSimulated: z.boolean(),
  entries: z.array(TestMoneyEntry),
  faults: z.array(TestMoneyFault),
});
export type TestMoneyView = z.infer<typeof TestMoneyView>;

export const TestMoneyQuery = z.object({ kind: TestMoneyKind, search: z.string().max(200).default('') });

/** Asks for an act; `seconds` is how late `delay` is. */
export const TestMoneyAsk = z.object({
  act: TestMoneyAct,
  target: ObjectId,
  seconds: z.int().min(0).max(3600).default(5),
});
export type TestMoneyAsk = z.infer<typeof TestMoneyAsk>;

/** Arms a failure for the next `times` answers or events that fit; `seconds` is how long it takes where it takes time. */
export const TestMoneyFaultAsk = z.object({
  kind: TestMoneyFaultKind,
  on: z.string().min(1).max(100).default('*'),
  times: z.int().min(1).max(1000).default(1),
  seconds: z.int().min(0).max(3600).default(5),
});
export type TestMoneyFaultAsk = z.infer<typeof TestMoneyFaultAsk>;

export const TestMoneyFaultId = z.object({ faultId: ObjectId });
