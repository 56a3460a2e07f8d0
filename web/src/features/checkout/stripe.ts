import { z } from 'zod';
import type { PaymentConfig } from '#contract/payments.ts';

/** The part of Stripe.js that the panel uses; the simulator's script has the same surface. */
type StripeElements = {
  create(kind: 'payment', options: object): StripeElement;
  update(options: object): void;
  submit(): Promise<{ error?: StripeFault }>;
};
type StripeElement = {
  mount(node: HTMLElement): void;
  destroy(): void;
  on(event: string, act: (detail: unknown) => void): void;
};
type StripeFault = { message?: string; code?: string; type?: string };
export type StripePage = {
  elements(options: object): StripeElements;
  createConfirmationToken(options: {
    elements: StripeElements;
    params?: object;
  }): Promise<{ confirmationToken?: unknown; error?: StripeFault }>;
  retrievePaymentIntent(clientSecret: string): Promise<{ paymentIntent?: unknown; error?: StripeFault }>;
  handleNextAction(options: { clientSecret: string }): Promise<{ error?: StripeFault }>;
};
/** The payment service's script with the card fields that stand in the panel. */
export type PaymentPage = { stripe: StripePage; elements: StripeElements };

let loading: Promise<void> | undefined;

/** Loads the payment service's own script from the address that the server names, once. */
export async function loadStripe(
  { scriptUrl, publishableKey }: PaymentConfig,
  locale: string,
): Promise<StripePage> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = scriptUrl;
    script.onload = () => resolve();
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error('the payment service does not answer'));
    };
    document.head.append(script);
  });
  await loading;
  const make = z.custom<(key: string, options: object) => StripePage>((value) => typeof value === 'function');
  return make.parse(Reflect.get(window, 'Stripe'))(publishableKey, {
    locale: locale === 'zh-CN' ? 'zh' : locale,
  });
}

const Token = z.object({
  id: z.string(),
  payment_method_preview: z
    .object({ card: z.object({ last4: z.string() }).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});

type CardToken =
  | { ok: true; token: string; card: { last4: string } | undefined }
  /** Empty: the fields themselves say what is wrong. */
  | { ok: false; refusal: '' | 'payment-service-down' };

/** Checks the fields and turns the card into a token; the card itself goes to the payment service alone. */
export async function cardToken({ stripe, elements }: PaymentPage): Promise<CardToken> {
  try {
    const submitted = await elements.submit();
    if (submitted.error) return { ok: false, refusal: '' };
    const made = await stripe.createConfirmationToken({ elements });
    const token = Token.safeParse(made.confirmationToken);
    if (!token.success)
      return { ok: false, refusal: made.error?.type === 'validation_error' ? '' : 'payment-service-down' };
    const { id, payment_method_preview: preview } = token.data;
    return { ok: true, token: id, card: preview?.card ?? undefined };
  } catch {
    return { ok: false, refusal: 'payment-service-down' };
  }
}

const Redirected = z.object({
  next_action: z.object({ redirect_to_url: z.object({ url: z.url({ protocol: /^https?$/ }) }) }),
});

/**
 * Has the payer authenticate: in the payment service's dialog over the page, which ends with this promise; or on the
 * bank's page at `url`, where the bank refuses to stand in ours.
 */
export async function askBank({ stripe }: PaymentPage, clientSecret: string): Promise<{ url?: string }> {
  const intent = await stripe.retrievePaymentIntent(clientSecret).catch(() => undefined);
  const redirected = Redirected.safeParse(intent?.paymentIntent);
  if (redirected.success) return { url: redirected.data.next_action.redirect_to_url.url };
  await stripe.handleNextAction({ clientSecret });
  return {};
}

/** How the card fields look beside the video. */
export const nightAppearance = {
  theme: 'night',
  variables: {
    colorPrimary: '#D4F53C',
    colorBackground: '#1B1F22',
    colorText: '#F3F5F0',
    colorDanger: '#FF8A80',
    borderRadius: '10px',
  },
} as const;
