import { z } from 'zod';
import { AccountId, LoginSessionId } from '../ids.ts';

/** Login sessions ended: their sockets close. With an account alone, all of its sessions. */
export const identityEnded = {
  name: 'identity.ended',
  schema: z.object({
    accountId: AccountId.optional(),
    loginSessionId: LoginSessionId.optional(),
    reason: z.enum(['signed-out', 'banned']),
  }),
} as const;

/** Roles or handle of an account changed: whoever cached them reads them anew. */
export const identityChanged = {
  name: 'identity.changed',
  schema: z.object({ accountId: AccountId }),
} as const;
