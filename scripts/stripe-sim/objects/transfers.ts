import type { Stripe } from 'stripe';
import { invalid, refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { currency, flag, integer, mergeMetadata, metadata, paging, text } from '../params.ts';
import { find, type World } from '../world.ts';
import { getAccount } from './accounts.ts';
import { moveMoney, needFunds } from './balance.ts';
import { getCharge } from './charges.ts';

const positive = (amount: number): number => {
  if (amount < 1) throw invalid('Invalid positive integer', 'amount', 'parameter_invalid_integer');
  return amount;
};

const noReversals = (id: string): Stripe.Transfer['reversals'] => ({
  object: 'list',
  data: [],
  has_more: false,
  url: `/v1/transfers/${id}/reversals`,
});

const get = (world: World, id: string): Stripe.Transfer =>
  find(world.state.transfers.get(id), 'transfer', id);

const checkSource = (world: World, charge: Stripe.Charge, amount: number, code: string): void => {
  if (!charge.captured)
    throw refused('The source_transaction must be a captured charge.', undefined, {
      param: 'source_transaction',
    });
  if (charge.currency !== code)
    throw refused(
      "The currency of source_transaction's balance transaction must be the same as the transfer currency.",
      undefined,
      { param: 'currency' },
    );
  const earlier = world.state.transfers.all().filter((transfer) => transfer.source_transaction === charge.id);
  const used = earlier.reduce((sum, transfer) => sum + transfer.amount - transfer.amount_reversed, 0);
  if (used + amount > charge.amount_captured)
    throw refused(
      `Transfers using this transaction as a source must not exceed the source amount of ${charge.amount_captured}. (There are already ${earlier.length} transfers using this source, amounting to a total of ${used}.)`,
      undefined,
      { param: 'amount' },
    );
};

type Wanted = {
  amount: number;
  currency: string;
  destination: string;
  description?: string | undefined;
  metadata: Record<string, string>;
  source_transaction?: string | undefined;
  transfer_group?: string | undefined;
};

const create = (world: World, wanted: Wanted): Stripe.Transfer => {
  const account = getAccount(world, wanted.destination, 'destination');
  if (account.capabilities?.transfers !== 'active')
    throw refused(
      'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
      'insufficient_capabilities_for_transfer',
    );
  const source =
    wanted.source_transaction === undefined
      ? undefined
      : getCharge(world, wanted.source_transaction, 'source_transaction');
  if (source !== undefined) checkSource(world, source, wanted.amount, wanted.currency);
  else needFunds(world, null, wanted.currency, wanted.amount);
  const id = world.newId('tr');
  const payment = world.newId('py');
  const paidOut = moveMoney(world, {
    account: null,
    type: 'transfer',
    category: 'transfer',
    amount: -wanted.amount,
    currency: wanted.currency,
    source: id,
  });
  moveMoney(world, {
    account: account.id,
    type: 'payment',
    category: 'charge',
    amount: wanted.amount,
    currency: wanted.currency,
    source: payment,
  });
  const transfer = world.state.transfers.put({
    id,
    object: 'transfer',
    amount: wanted.amount,
    amount_reversed: 0,
    balance_transaction: paidOut.id,
    created: world.now(),
    currency: wanted.currency,
    description: wanted.description ?? null,
    destination: account.id,
    destination_payment: payment,
    livemode: false,
    metadata: wanted.metadata,
    reversals: noReversals(id),
    reversed: false,
    source_transaction: source?.id ?? null,
    source_type: 'card',
    transfer_group:
      wanted.transfer_group ?? source?.transfer_group ?? (source === undefined ? null : `group_${source.id}`),
  });
  world.emit('transfer.created', transfer);
  return transfer;
};

const reverse = (
  world: World,
  transfer: Stripe.Transfer,
  wanted: number | undefined,
  given: Record<string, string>,
): Stripe.TransferReversal => {
  const left = transfer.amount - transfer.amount_reversed;
  if (left === 0) throw refused(`Transfer ${transfer.id} has already been fully reversed.`);
  const amount = wanted ?? left;
  if (amount > left)
    throw refused(
      `Transfer reversal amount (${amount}) is greater than unreversed amount on transfer (${left})`,
      undefined,
      { param: 'amount' },
    );
  const owner = typeof transfer.destination === 'string' ? transfer.destination : null;
  needFunds(world, owner, transfer.currency, amount);
  const id = world.newId('trr');
  const back = moveMoney(world, {
    account: null,
    type: 'transfer_refund',
    category: 'transfer_reversal',
    amount,
    currency: transfer.currency,
    source: id,
  });
  moveMoney(world, {
    account: owner,
    type: 'payment_refund',
    category: 'refund',
    amount: -amount,
    currency: transfer.currency,
    source: world.newId('pyr'),
  });
  const reversal = world.state.reversals.put({
    id,
    object: 'transfer_reversal',
    amount,
    balance_transaction: back.id,
    created: world.now(),
    currency: transfer.currency,
    destination_payment_refund: world.newId('pyr'),
    metadata: given,
    source_refund: null,
    transfer: transfer.id,
  });
  const reversed = world.state.transfers.put({
    ...transfer,
    amount_reversed: transfer.amount_reversed + amount,
    reversals: { ...transfer.reversals, data: [reversal, ...transfer.reversals.data] },
    reversed: amount === left,
  });
  world.emit('transfer.reversed', reversed, {
    changed: { amount_reversed: transfer.amount_reversed, reversed: transfer.reversed },
  });
  return reversal;
};

export const transferEndpoints = [
  endpoint(
    'secret',
    'POST',
    '/v1/transfers',
    {
      amount: integer,
      currency,
      destination: text,
      description: text.optional(),
      metadata: metadata.optional(),
      source_transaction: text.optional(),
      source_type: text.optional(),
      transfer_group: text.optional(),
    },
    (world, params) =>
      create(world, {
        ...params,
        amount: positive(params.amount),
        metadata: mergeMetadata({}, params.metadata),
      }),
  ),
  endpoint(
    'secret',
    'GET',
    '/v1/transfers',
    { ...paging, destination: text.optional(), transfer_group: text.optional() },
    (world, params) =>
      page(
        '/v1/transfers',
        world.state.transfers
          .all()
          .filter(
            (transfer) =>
              (params.destination === undefined || transfer.destination === params.destination) &&
              (params.transfer_group === undefined || transfer.transfer_group === params.transfer_group),
          ),
        params,
      ),
  ),
  endpoint('secret', 'GET', '/v1/transfers/:id', {}, (world, _, call) => get(world, part(call, 'id'))),
  endpoint(
    'secret',
    'POST',
    '/v1/transfers/:id',
    { description: text.optional(), metadata: metadata.optional() },
    (world, params, call) => {
      const old = get(world, part(call, 'id'));
      const updated = world.state.transfers.put({
        ...old,
        description: params.description ?? old.description,
        metadata: mergeMetadata(old.metadata, params.metadata),
      });
      world.emit('transfer.updated', updated, { changed: { metadata: old.metadata } });
      return updated;
    },
  ),
  endpoint(
    'secret',
    'POST',
    '/v1/transfers/:id/reversals',
    {
      amount: integer.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
      refund_application_fee: flag.optional(),
    },
    (world, params, call) =>
      reverse(
        world,
        get(world, part(call, 'id')),
        params.amount === undefined ? undefined : positive(params.amount),
        mergeMetadata({}, params.metadata),
      ),
  ),
  endpoint('secret', 'GET', '/v1/transfers/:id/reversals', paging, (world, params, call) => {
    const transfer = get(world, part(call, 'id'));
    return page(
      `/v1/transfers/${transfer.id}/reversals`,
      world.state.reversals.all().filter((one) => one.transfer === transfer.id),
      params,
    );
  }),
  endpoint('secret', 'GET', '/v1/transfers/:id/reversals/:reversal', {}, (world, _, call) =>
    find(world.state.reversals.get(part(call, 'reversal')), 'transfer reversal', part(call, 'reversal')),
  ),
];
