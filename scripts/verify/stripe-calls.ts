import { Stripe } from 'stripe';
import { stripePaymentService } from '#server/compose.ts';
import type { Control } from '../stripe-sim/control.ts';

type Desk = { port: number; secretKey: string; webhookSecret: string; control: Control };

const eur = (amount: number) => ({ amount, currency: 'EUR' as const });
const returnUrl = 'https://shop.test/back';

/** Sells, captures, refunds, transfers and takes back through the product's own adapter. */
async function useAdapter(desk: Desk, stripe: Stripe): Promise<void> {
  const { port, secretKey, webhookSecret, control } = desk;
  const simulatorUrl = `http://127.0.0.1:${port}`;
  const service = stripePaymentService({ secretKey, webhookSecret, simulatorUrl });
  const since = new Date(Date.now() - 60_000);
  const token = async () =>
    (await stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' })).id;
  const sell = async (attempt: number, capture: 'now' | 'later') => {
    const name = { purpose: 'order' as const, subjectId: 'ord_shapes', attempt };
    const confirmationToken = await token();
    const key = `shapes:${attempt}`;
    const money = { amount: eur(3000), transferGroup: 'ord_shapes', metadata: { orderId: 'ord_shapes' } };
    const made = await service.createPayment({ name, confirmationToken, key, capture, ...money });
    if (made.kind !== 'intent') throw new Error(`no intent: ${JSON.stringify(made)}`);
    await service.findPayment(name, since);
    return made.intentId;
  };
  await service.ping();
  await service.previewCard(await token());
  const account = await service.createAccount({ vendorId: 'ven_shapes', name: 'Shapes', key: 'account' });
  await service.accountLink(account.accountId, { returnUrl, refreshUrl: returnUrl });
  control.finishOnboarding(account.accountId);
  await service.fetchAccount(account.accountId);

  const intentId = await sell(1, 'now');
  await service.refund({
    intentId,
    amount: eur(500),
    moveId: 'refund:1',
    refundId: undefined,
    key: 'refund',
  });
  const fact = await service.fetchPayment(intentId);
  const move = {
    accountId: account.accountId,
    transferGroup: 'ord_shapes',
    key: 'transfer',
    moveId: 'transfer:1',
  };
  const moved = await service.transfer({ ...move, amount: eur(2000), chargeId: fact?.charge?.chargeId });
  await service.findTransfer('ord_shapes', 'transfer:1');
  const [transfer] = (await stripe.transfers.list({ transfer_group: 'ord_shapes' })).data;
  if (transfer === undefined) throw new Error(`no transfer: ${JSON.stringify(moved)}`);
  const back = { transferId: transfer.id, amount: eur(300), moveId: 'reversal:1', key: 'reversal' };
  await service.reverseTransfer(back);
  await service.findReversal(transfer.id, 'reversal:1');

  await service.capturePayment(await sell(2, 'later'), eur(2000), 'capture');
  await service.cancelPayment(await sell(3, 'later'));
  for await (const _ of service.eventsSince(since));
  for await (const _ of service.paymentsSince(since));
}

/** The objects that the adapter does not touch yet, and the states that only time brings. */
async function useTheRest({ control }: Desk, stripe: Stripe): Promise<void> {
  const customer = (await stripe.customers.create({ email: 'lou@shop.test', metadata: { who: 'lou' } })).id;
  await stripe.customers.update(customer, { name: 'Lou' });
  const method = (await stripe.paymentMethods.attach('pm_card_visa', { customer })).id;
  await stripe.paymentMethods.list({ customer, type: 'card' });
  await stripe.paymentMethods.detach(method);
  await stripe.setupIntents.create({
    customer,
    confirm: true,
    payment_method: 'pm_card_visa',
    return_url: returnUrl,
  });
  await stripe.setupIntents.list({ customer });
  await stripe.customerSessions.create({ customer, components: { payment_element: { enabled: true } } });
  const open = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur', customer });
  await stripe.paymentIntents.update(open.id, { amount: 2500, metadata: { orderId: 'ord_2' } });
  const paid = await stripe.paymentIntents.confirm(open.id, {
    payment_method: 'pm_card_visa',
    return_url: returnUrl,
  });
  const asking = await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_threeDSecure2Required',
    return_url: returnUrl,
  });
  await stripe.paymentIntents.retrieve(asking.id);
  const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 100 });
  control.failRefund(refund.id);
  await stripe.refunds.retrieve(refund.id);
  control.dispute(String(paid.latest_charge));
  const [dispute] = (await stripe.disputes.list({ payment_intent: paid.id })).data;
  if (dispute === undefined) throw new Error('no dispute');
  await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' } });
  await stripe.disputes.retrieve(dispute.id);
  await stripe.charges.retrieve(String(paid.latest_charge), { expand: ['balance_transaction'] });
  await stripe.balanceTransactions.list({ limit: 100 });
  await stripe.events.list({ limit: 100 });
  await stripe.balance.retrieve();
}

/** Does through the SDK, at the address of `port`, all that the product's adapter does and may come to do. */
export async function useEverything(desk: Desk): Promise<void> {
  const { port, secretKey } = desk;
  const options = {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  } as const;
  const stripe = new Stripe(secretKey, options);
  await useAdapter(desk, stripe);
  await useTheRest(desk, stripe);
}
