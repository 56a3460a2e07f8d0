import { Stripe } from 'stripe';
import { stripePaymentService } from '#server/payments/service.stripe.ts';
import { client, openSimulator, secretKey, webhookSecret } from './payment-simulator.ts';

/** Who answers: the simulator in this process, or Stripe's test mode where `DROPCAST_STRIPE_TEST_KEY` is set. */
export async function openPaymentTarget() {
  const key = process.env.DROPCAST_STRIPE_TEST_KEY;
  if (key !== undefined && !key.startsWith('sk_test_'))
    throw new Error('DROPCAST_STRIPE_TEST_KEY is no test key');
  await using opening = new AsyncDisposableStack();
  const simulator = key === undefined ? opening.use(await openSimulator()) : undefined;
  const settings = { secretKey: key ?? secretKey, webhookSecret, simulatorUrl: simulator?.url };
  const open = opening.move();
  return {
    service: stripePaymentService(settings),
    /** The SDK at the same address, for what stands outside the port: tokens of test cards. */
    stripe: simulator ? client(simulator.port) : new Stripe(settings.secretKey, { telemetry: false }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
