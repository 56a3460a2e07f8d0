import { z } from 'zod';

/** Wakes a worker for one stored webhook event. */
export const paymentEventQueue = {
  name: 'payment-events',
  schema: z.object({ eventId: z.string().max(255) }),
} as const;
