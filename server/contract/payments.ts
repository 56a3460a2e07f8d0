import { z } from 'zod';

/** What the payment panel starts from: whose script to load, with which public key, and whether money is real. */
export const PaymentConfig = z.object({
  publishableKey: z.string(),
  scriptUrl: z.string(),
  isTestMoney: z.boolean(),
});
export type PaymentConfig = z.infer<typeof PaymentConfig>;

/**
 * How far a vendor is with being paid: `not-connected`, `incomplete` (the payment service asks for `missing`),
 * `in-review` (it looks at what was given), `active`.
 */
export const PayoutState = z.enum(['not-connected', 'incomplete', 'in-review', 'active']);
export type PayoutState = z.infer<typeof PayoutState>;

export const PayoutStatus = z.object({
  state: PayoutState,
  isPayable: z.boolean(),
  /** Fields in the payment service's words, `external_account`, `tos_acceptance.date` … */
  missing: z.array(z.string()),
});
export type PayoutStatus = z.infer<typeof PayoutStatus>;

export const ConnectPayout = z.object({
  /** The page of ours that the vendor comes back to. */
  returnPath: z
    .string()
    .max(200)
    .regex(/^\/(?!\/)[\w\-/?=&]*$/)
    .default('/vendor'),
});

/** The payment service's own page, good for some minutes and once. */
export const PayoutLink = z.object({ url: z.string() });
