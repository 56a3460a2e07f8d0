import { z } from 'zod';
import { Instant } from './ids.ts';

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
