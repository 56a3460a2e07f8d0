import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RefundId } from '#contract/ids.ts';
import { openPaymentTarget } from '../support/payment-target.ts';

// What the product asks of any payment service, through its own adapter; see DROPCAST_STRIPE_TEST_KEY.
let target: Awaited<ReturnType<typeof openPaymentTarget>>;
beforeAll(async () => {
  target = await openPaymentTarget();
});
afterAll(() => target?.[Symbol.asyncDispose]());

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const fresh = (prefix: string) => `${prefix}_${randomUUID().replaceAll('-', '')}`;

async function token(method = 'pm_card_visa'): Promise<string> {
  const made = await target.stripe.testHelpers.confirmationTokens.create({ payment_method: method });
  return made.id;
}

type Wish = { method?: string; amount?: number; capture?: 'now' | 'later' };

async function ask({ method, amount = 3000, capture = 'now' }: Wish = {}) {
  const name = { purpose: 'order' as const, subjectId: fresh('ord'), attempt: 1 };
  const input = {
    name,
    amount: usd(amount),
    confirmationToken: await token(method),
    capture,
    transferGroup: name.subjectId,
    metadata: {},
    key: `order:${name.subjectId}:pay:1`,
  };
  return { name, input, made: await target.service.createPayment(input) };
}

async function sell(wish: Wish = {}) {
  const { name, made } = await ask(wish);
  if (made.kind !== 'intent') throw new Error(`no payment: ${JSON.stringify(made)}`);
  return { name, intentId: made.intentId, status: made.status };
}

test('[M-O7] a good card pays, and the payment says what was charged and with which card', async () => {
  const { name, intentId, status } = await sell();
  expect(status).toBe('paid');
  expect(await target.service.fetchPayment(intentId)).toMatchObject({
    ...name,
    status: 'succeeded',
    amount: usd(3000),
    charge: { captured: 3000 },
    card: { brand: 'visa', last4: '4242' },
    refunds: [],
    disputes: [],
  });
});

test.each([
  ['pm_card_chargeDeclined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
])('[M-O7] %s charges nothing and says why', async (method, code) => {
  const { made } = await ask({ method });
  expect(made).toMatchObject({ kind: 'declined', code });
  if (made.kind !== 'declined' || made.intentId === undefined) throw new Error('no intent is named');
  expect(await target.service.fetchPayment(made.intentId)).toMatchObject({
    status: 'requires_payment_method',
    charge: undefined,
  });
});

test('[M-O7] a card that asks for authentication waits for the payer', async () => {
  const { made } = await ask({ method: 'pm_card_threeDSecure2Required' });
  expect(made).toMatchObject({ kind: 'intent', status: 'requires-action' });
});

test('one key is one payment; the preview of a card is the fingerprint of its payment', async () => {
  const { input, made } = await ask();
  const again = await target.service.createPayment(input);
  expect(again).toMatchObject({ kind: 'intent', intentId: made.kind === 'intent' && made.intentId });
  const other = await target.service.createPayment({ ...input, amount: usd(2900) });
  expect(other.kind).toBe('unknown');
  const preview = await target.service.previewCard(await token());
  if (made.kind !== 'intent') throw new Error('no payment');
  expect((await target.service.fetchPayment(made.intentId))?.fingerprint).toBe(preview?.fingerprint);
});

test('money held by the bank is captured in part, or cancelled; what is paid is not cancelled', async () => {
  const held = await sell({ capture: 'later' });
  expect((await target.service.fetchPayment(held.intentId))?.status).toBe('requires_capture');
  expect(await target.service.capturePayment(held.intentId, usd(2000), fresh('capture'))).toBe('paid');
  expect(await target.service.fetchPayment(held.intentId)).toMatchObject({
    status: 'succeeded',
    charge: { captured: 2000 },
  });
  const unwanted = await sell({ capture: 'later' });
  expect(await target.service.cancelPayment(unwanted.intentId)).toBe('cancelled');
  expect(await target.service.cancelPayment((await sell()).intentId)).toBe('paid');
});

test('[M-O10] refunds carry our name, and never exceed what was paid', async () => {
  const { intentId } = await sell();
  const refundId = RefundId.parse(fresh('rfd'));
  const part = { intentId, amount: usd(1000), moveId: 'refund:part', refundId, key: fresh('refund') };
  const made = await target.service.refund(part);
  expect(made.kind).toBe('made');
  expect(await target.service.refund(part)).toEqual(made);
  const more = { ...part, amount: usd(2001), key: fresh('refund') };
  const refused = await target.service.refund(more).catch((fault: unknown) => ({ kind: 'refused', fault }));
  expect(refused.kind).toBe('refused');
  expect((await target.service.fetchPayment(intentId))?.refunds).toMatchObject([
    { refundId, amount: 1000, hasFailed: false },
  ]);
});
