import { randomBytes } from 'node:crypto';
import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid } from '../api-error.ts';
import { endpoint } from '../endpoint.ts';
import { flag, integer, text } from '../params.ts';
import { find } from '../world.ts';

const minutes30 = 30 * 60;
const Redisplay = z.array(z.enum(['always', 'limited', 'unspecified']));
const Switch = z.enum(['enabled', 'disabled']);

const plain = z.strictObject({ enabled: flag }).optional();
const PaymentElement = z.strictObject({
  enabled: flag,
  features: z
    .strictObject({
      payment_method_allow_redisplay_filters: Redisplay.optional(),
      payment_method_redisplay: Switch.optional(),
      payment_method_redisplay_limit: integer.optional(),
      payment_method_remove: Switch.optional(),
      payment_method_save: Switch.optional(),
      payment_method_save_usage: z.enum(['on_session', 'off_session']).optional(),
    })
    .optional(),
});
const Components = z.strictObject({
  buy_button: plain,
  payment_element: PaymentElement.optional(),
  pricing_table: plain,
});

const paymentElement = (
  given: z.infer<typeof PaymentElement> | undefined,
): Stripe.CustomerSession.Components.PaymentElement => {
  if (given?.enabled !== true) return { enabled: false, features: null };
  const { features } = given;
  return {
    enabled: true,
    features: {
      payment_method_allow_redisplay_filters: features?.payment_method_allow_redisplay_filters ?? ['always'],
      payment_method_redisplay: features?.payment_method_redisplay ?? 'disabled',
      payment_method_redisplay_limit: features?.payment_method_redisplay_limit ?? 3,
      payment_method_remove: features?.payment_method_remove ?? 'disabled',
      payment_method_save: features?.payment_method_save ?? 'disabled',
      payment_method_save_usage: features?.payment_method_save_usage ?? null,
    },
  };
};

export const customerSessionEndpoints = [
  endpoint(
    'secret',
    'POST',
    '/v1/customer_sessions',
    { customer: text, components: Components },
    (world, params): Stripe.CustomerSession => {
      find(world.state.customers.get(params.customer), 'customer', params.customer, 'customer');
      const { components } = params;
      if (!Object.values(components).some((one) => one?.enabled === true))
        throw invalid('At least one component must be enabled.', 'components');
      return {
        object: 'customer_session',
        client_secret: `cuss_secret_${randomBytes(24).toString('hex')}`,
        components: {
          active_entitlements: { enabled: false },
          buy_button: { enabled: components.buy_button?.enabled ?? false },
          customer_portal: { enabled: false },
          customer_sheet: { enabled: false, features: null },
          mobile_payment_element: { enabled: false, features: null },
          payment_element: paymentElement(components.payment_element),
          pricing_table: { enabled: components.pricing_table?.enabled ?? false },
        },
        created: world.now(),
        customer: params.customer,
        customer_account: null,
        expires_at: world.now() + minutes30,
        livemode: false,
      };
    },
  ),
];
