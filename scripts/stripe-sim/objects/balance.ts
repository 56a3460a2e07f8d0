import type { Stripe } from 'stripe';
import { refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { paging, text } from '../params.ts';
import { find, type World } from '../world.ts';

type Move = {
  account: string | null;
  type: Stripe.BalanceTransaction.Type;
  category: string;
  amount: number;
  fee?: number;
  currency: string;
  source: string | null;
  description?: string | null;
};

const insert = (world: World, move: Move): Stripe.BalanceTransaction => {
  const fee = move.fee ?? 0;
  const transaction: Stripe.BalanceTransaction = {
    id: world.newId('txn'),
    object: 'balance_transaction',
    amount: move.amount,
    available_on: world.now(),
    balance_type: 'payments',
    created: world.now(),
    currency: move.currency,
    description: move.description ?? null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency: move.currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: move.amount - fee,
    reporting_category: move.category,
    source: move.source,
    status: 'available',
    type: move.type,
  };
  world.state.balances.put({ id: transaction.id, account: move.account, transaction });
  return transaction;
};

const openPlatform = (world: World, currency: string): void => {
  if (world.openingBalance === 0) return;
  const begun = world.state.balances
    .all()
    .some((one) => one.account === null && one.transaction.currency === currency);
  if (begun) return;
  insert(world, {
    account: null,
    type: 'topup',
    category: 'topup',
    amount: world.openingBalance,
    currency,
    source: null,
    description: 'Test money',
  });
};

/** Moves money on one balance (null is the platform's) and answers the transaction. */
export const moveMoney = (world: World, move: Move): Stripe.BalanceTransaction => {
  openPlatform(world, move.currency);
  return insert(world, move);
};

const totals = (world: World, account: string | null): Map<string, number> => {
  const sums = new Map<string, number>();
  for (const { account: owner, transaction } of world.state.balances.all())
    if (owner === account)
      sums.set(transaction.currency, (sums.get(transaction.currency) ?? 0) + transaction.net);
  return sums;
};

/** What an account (null is the platform) has in a currency. */
export const availableTo = (world: World, account: string | null, currency: string): number => {
  if (account === null) openPlatform(world, currency);
  return totals(world, account).get(currency) ?? 0;
};

/** Refuses a move that the balance does not cover. */
export const needFunds = (world: World, account: string | null, currency: string, amount: number): void => {
  if (availableTo(world, account, currency) < amount)
    throw refused(
      account === null
        ? 'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card.'
        : 'The connected account does not have sufficient funds for this transfer reversal.',
      'balance_insufficient',
    );
};

export const balanceEndpoints = [
  endpoint('secret', 'GET', '/v1/balance', {}, (world, _, call): Stripe.Balance => {
    if (call.account !== undefined) find(world.state.accounts.get(call.account), 'account', call.account);
    const sums = [...totals(world, call.account ?? null)];
    const seen = sums.length === 0 ? [['usd', 0] as const] : sums;
    return {
      object: 'balance',
      available: seen.map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } })),
      connect_reserved: seen.map(([currency]) => ({ amount: 0, currency })),
      livemode: false,
      pending: seen.map(([currency]) => ({ amount: 0, currency, source_types: { card: 0 } })),
    };
  }),
  endpoint(
    'secret',
    'GET',
    '/v1/balance_transactions',
    {
      ...paging,
      type: text.optional(),
      source: text.optional(),
      currency: text.optional(),
      payout: text.optional(),
    },
    (world, params, call) => {
      const own = world.state.balances
        .all()
        .filter((one) => one.account === (call.account ?? null))
        .map((one) => one.transaction);
      return page(
        '/v1/balance_transactions',
        own.filter(
          (one) =>
            (params.type === undefined || one.type === params.type) &&
            (params.source === undefined || one.source === params.source) &&
            (params.currency === undefined || one.currency === params.currency),
        ),
        params,
      );
    },
  ),
  endpoint(
    'secret',
    'GET',
    '/v1/balance_transactions/:id',
    {},
    (world, _, call) =>
      find(world.state.balances.get(part(call, 'id')), 'balance transaction', part(call, 'id')).transaction,
  ),
];
