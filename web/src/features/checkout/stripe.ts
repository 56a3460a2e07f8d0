import { z } from 'zod';
import type { PaymentConfig } from '#contract/payments.ts';

/** The part of Stripe.js that the panel uses; the simulator's script has the same surface. */
type StripeElements = {
  create(kind: 'payment', options: object): StripeElement;
  submit(): Promise<{ error?: StripeFault }>;
};
type StripeElement = {
  mount(node: HTMLElement): void;
  destroy(): void;
  on(event: string, act: (detail: unknown) => void): void;
};
type StripeFault = { message?: string; code?: string };
export type StripePage = {
  elements(options: object): StripeElements;
  createConfirmationToken(options: {
    elements: StripeElements;
    params?: object;
  }): Promise<{ confirmationToken?: { id: string }; error?: StripeFault }>;
  handleNextAction(options: { clientSecret: string }): Promise<{ error?: StripeFault }>;
};
export type { StripeElements };

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
