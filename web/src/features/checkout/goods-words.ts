import type { OrderLine } from '#contract/checkout.ts';
import { m } from '../../paraglide/messages.js';
import { getLocale } from '../../paraglide/runtime.js';

type Line = Pick<OrderLine, 'title' | 'variantTitle'>;

/** One line's name with what sets its variant apart, `Teapot, 600 ml`. */
export const lineTitle = ({ title, variantTitle }: Line): string =>
  variantTitle ? `${title}, ${variantTitle}` : title;

/** What an order is about in a few words: the first line, and that there are more. */
export function goodsWords(lines: readonly Line[]): string {
  const [first] = lines;
  if (first === undefined) return '';
  return lines.length > 1 ? m.cart_more_goods({ goods: first.title }) : first.title;
}

/** Sentences one after the other, as the reader's language sets them; empty ones fall out. */
export const sentences = (...all: string[]): string =>
  all.filter(Boolean).join(getLocale() === 'zh-CN' ? '' : ' ');

const failures: Record<string, () => string> = {
  authentication_failed: m.failed_authentication,
  authentication_required: m.failed_authentication,
  payment_intent_authentication_failure: m.failed_authentication,
  insufficient_funds: m.failed_funds,
  expired_card: m.failed_expired,
  incorrect_cvc: m.failed_cvc,
  invalid_cvc: m.failed_cvc,
  processing_error: m.failed_processing,
  details_unusable: m.failed_details,
  left_by_payer: m.failed_left,
};

/** Why a bank said no, in plain words; `code` is the bank's. */
export const failureWords = (code: string | undefined): string =>
  (failures[code ?? ''] ?? m.failed_declined)();
