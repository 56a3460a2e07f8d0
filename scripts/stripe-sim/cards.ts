import { createHash } from 'node:crypto';

/** Stripe's error codes of a card that is refused. */
type DeclineCode =
  | 'authentication_required'
  | 'card_declined'
  | 'expired_card'
  | 'incorrect_cvc'
  | 'processing_error';

/** What a bank does with a card. `asks` wants 3-D Secure first and then does what `andThen` says. */
export type Behaviour =
  | { does: 'pays' | 'pays-late' | 'pays-then-disputes' | 'pays-refund-fails' }
  | { does: 'declines'; code: DeclineCode; declineCode?: string; message: string }
  | { does: 'asks'; andThen: 'pays' | 'declines' };

/** What is kept of a card; the number itself never leaves `readCard`. */
export type Card = {
  brand: string;
  country: string;
  funding: 'credit' | 'debit';
  last4: string;
  fingerprint: string;
  behaviour: Behaviour;
};

const declined = (declineCode: string, message = 'Your card was declined.'): Behaviour => ({
  does: 'declines',
  code: 'card_declined',
  declineCode,
  message,
});
const faulty = (code: DeclineCode, message: string): Behaviour => ({ does: 'declines', code, message });

const pays: Behaviour = { does: 'pays' };
const generic = declined('generic_decline');

const numbers: Record<string, Behaviour> = {
  '4000000000000002': generic,
  '4000000000000341': generic,
  '4000000000009995': declined('insufficient_funds', 'Your card has insufficient funds.'),
  '4000000000009987': declined('lost_card'),
  '4000000000009979': declined('stolen_card'),
  '4000000000000069': faulty('expired_card', 'Your card has expired.'),
  '4000000000000127': faulty('incorrect_cvc', "Your card's security code is incorrect."),
  '4000000000000119': faulty(
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
  ),
  '4000002500003155': { does: 'asks', andThen: 'pays' },
  '4000002760003184': { does: 'asks', andThen: 'pays' },
  '4000000000003220': { does: 'asks', andThen: 'pays' },
  '4000008400001629': { does: 'asks', andThen: 'declines' },
  '4000000000000259': { does: 'pays-then-disputes' },
  '4000000000005126': { does: 'pays-refund-fails' },
  '4000000000006660': { does: 'pays-late' },
};

/** Stripe's named test methods, by the card behind each. */
export const namedMethods: Record<string, string> = {
  pm_card_visa: '4242424242424242',
  pm_card_mastercard: '5555555555554444',
  pm_card_amex: '378282246310005',
  pm_card_visa_debit: '4000056655665556',
  pm_card_chargeDeclined: '4000000000000002',
  pm_card_visa_chargeDeclined: '4000000000000002',
  pm_card_chargeCustomerFail: '4000000000000341',
  pm_card_visa_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_chargeDeclinedExpiredCard: '4000000000000069',
  pm_card_chargeDeclinedIncorrectCvc: '4000000000000127',
  pm_card_threeDSecure2Required: '4000000000003220',
  pm_card_authenticationRequired: '4000002760003184',
  pm_card_authenticationRequiredOnSetup: '4000002500003155',
  pm_card_threeDSecureRequiredChargeDeclined: '4000008400001629',
  pm_card_refundFail: '4000000000005126',
  pm_card_createDispute: '4000000000000259',
  pm_card_paysLate: '4000000000006660',
};

const brandOf = (number: string): string => {
  if (number.startsWith('4')) return 'visa';
  if (/^(5[1-5]|2[2-7])/.test(number)) return 'mastercard';
  if (/^3[47]/.test(number)) return 'amex';
  if (/^6(011|5)/.test(number)) return 'discover';
  if (number.startsWith('62')) return 'unionpay';
  return 'unknown';
};

/** Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B). */
export const passesLuhn = (number: string): boolean => {
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const weighed = index % 2 === 1 ? digit * 2 : digit;
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
};

/** Turns a number into what may be kept: its fingerprint is a hash, its digits are gone but four. */
export const readCard = (number: string): Card => ({
  brand: brandOf(number),
  country: 'US',
  funding: number === '4000056655665556' ? 'debit' : 'credit',
  last4: number.slice(-4),
  fingerprint: createHash('sha256')
    .update(`stripe-sim card ${number}`)
    .digest('base64url')
    .replace(/[-_]/g, '0')
    .slice(0, 16),
  behaviour: numbers[number] ?? pays,
});
