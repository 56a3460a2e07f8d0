import { z } from 'zod';
import { accept } from '#contract/errors.ts';
import { VendorId } from '#contract/ids.ts';
import { ConnectPayout, PaymentConfig, PayoutLink, PayoutStatus } from '#contract/payments.ts';
import { type Route, route } from '../gateway/route.ts';
import type { Payments } from './parts.ts';
import { connectPayout, statusOfPayout } from './payouts.ts';
import { receiveEvent } from './webhooks.ts';

const OfVendor = z.object({ vendorId: VendorId });

/** Payments over HTTP: the signed webhook, what the panel starts from, and a vendor's payout account. */
export const paymentRoutes = (payments: Payments): Route[] => [
  route({
    method: 'post',
    path: '/webhooks/stripe',
    action: 'webhook.receive',
    summary: 'Takes a signed event of the payment service, stores it and answers',
    bodyKind: 'raw',
    reply: z.object({ received: z.literal(true) }),
    handle: ({ request }) => {
      const body: unknown = request.body;
      return receiveEvent(payments, body, request.get('stripe-signature'));
    },
  }),
  route({
    method: 'get',
    path: '/payments/config',
    action: 'site.read',
    summary: 'What the payment panel starts from',
    reply: PaymentConfig,
    handle: async () => accept(panelConfig(payments)),
  }),
  route({
    method: 'get',
    path: '/vendors/:vendorId/payout',
    action: 'payout.read',
    summary: 'How far a vendor is with being paid, and what is missing',
    params: OfVendor,
    reply: PayoutStatus,
    scope: ({ params }) => ({ vendorId: params.vendorId }),
    handle: async ({ params }) => accept(await statusOfPayout(payments, params.vendorId)),
  }),
  route({
    method: 'post',
    path: '/vendors/:vendorId/payout/connect',
    action: 'payout.connect',
    summary: "Answers a link to the payment service's page where a vendor connects its account",
    params: OfVendor,
    body: ConnectPayout,
    reply: PayoutLink,
    scope: ({ params }) => ({ vendorId: params.vendorId }),
    handle: async ({ params, body, audit }) => {
      audit({ object: params.vendorId });
      return connectPayout(payments, params.vendorId, body.returnPath);
    },
  }),
];

function panelConfig({ config: { payments } }: Payments): PaymentConfig {
  return {
    publishableKey: payments.publishableKey,
    scriptUrl:
      payments.simulatorUrl === undefined
        ? 'https://js.stripe.com/endive/stripe.js'
        : '/stripe-sim/v3/stripe.js',
    isTestMoney: !payments.secretKey.startsWith('sk_live_'),
  };
}
