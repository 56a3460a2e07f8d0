import { Stripe } from 'stripe';
import { afterEach, beforeEach } from 'vitest';
import {
  openStripeSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../scripts/stripe-sim/simulator.ts';
import { openWebhookEndpoint, type WebhookEndpoint } from './webhook-endpoint.ts';

export const secretKey = 'sk_test_simulator';
export const webhookSecret = 'whsec_simulator';
const delays = { lateMs: 20, disputeMs: 20, refundFailMs: 20 };

/** The real SDK, pointed at a simulator's port; it repeats nothing by itself. */
export const client = (
  port: number,
  {
    secretKey: key = secretKey,
    ...more
  }: { secretKey?: string; timeout?: number; maxNetworkRetries?: number } = {},
) =>
  new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...more,
  });

/** A simulator in this process on any free port, whose slow things take 20 ms. */
export const openSimulator = (more: Partial<SimulatorOptions> = {}) =>
  openStripeSimulator({ secretKey, webhookSecret, delays, ...more });

/** Creates and confirms an intent of 30.00 with a test method. */
const payWith = (
  stripe: Stripe,
  card: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
  options: Stripe.RequestOptions = {},
) =>
  stripe.paymentIntents.create(
    {
      amount: 3000,
      currency: 'eur',
      confirm: true,
      payment_method: card,
      allowed_payment_method_types: ['card'],
      ...more,
    },
    options,
  );

/** The error that a call must end in. */
export const refusal = async (asked: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  const fault = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof Stripe.errors.StripeError)) throw new Error('expected a refusal of Stripe');
  return fault;
};

/** A connected account that finished onboarding; answers its id. */
export const openVendor = async (stripe: Stripe, simulator: Simulator): Promise<string> => {
  const account = await stripe.accounts.create({
    type: 'express',
    country: 'DE',
    capabilities: { transfers: { requested: true } },
  });
  simulator.control.finishOnboarding(account.id);
  return account.id;
};

/** A simulator, the endpoint that its webhooks reach, and the SDK pointed at it; a test may point the SDK elsewhere. */
export type ServiceDesk = {
  simulator: Simulator;
  endpoint: WebhookEndpoint;
  stripe: Stripe;
  pay(
    card: string,
    more?: Partial<Stripe.PaymentIntentCreateParams>,
    options?: Stripe.RequestOptions,
  ): ReturnType<typeof payWith>;
  typesSent(): string[];
};

/** A desk of its own for each test of a file; call it once at the top, and read it within tests. */
export function deskOfEachTest(): ServiceDesk {
  const desk: Partial<ServiceDesk> = {};
  const open = (): ServiceDesk => desk as ServiceDesk;
  desk.pay = (card, more = {}, options = {}) => payWith(open().stripe, card, more, options);
  desk.typesSent = () => open().endpoint.received.map((one) => one.event.type);
  beforeEach(async () => {
    desk.endpoint = await openWebhookEndpoint(webhookSecret);
    desk.simulator = await openSimulator({ webhookUrl: desk.endpoint.url });
    desk.stripe = client(desk.simulator.port);
  });
  afterEach(async () => {
    await desk.simulator?.[Symbol.asyncDispose]();
    await desk.endpoint?.[Symbol.asyncDispose]();
  });
  return open();
}
