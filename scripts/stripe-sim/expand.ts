import { invalid } from './api-error.ts';
import { page } from './lists.ts';
import type { World } from './world.ts';

type Tree = { [key: string]: unknown };
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lookUp = (world: World, id: string): unknown => {
  const { state } = world;
  const prefix = id.split('_', 1)[0];
  switch (prefix) {
    case 'cus':
      return state.customers.get(id);
    case 'pm':
      return state.paymentMethods.get(id);
    case 'pi':
      return state.paymentIntents.get(id);
    case 'ch':
      return state.charges.get(id);
    case 're':
      return state.refunds.get(id);
    case 'acct':
      return state.accounts.get(id);
    case 'tr':
      return state.transfers.get(id);
    case 'trr':
      return state.reversals.get(id);
    case 'seti':
      return state.setupIntents.get(id);
    case 'du':
      return state.disputes.get(id);
    case 'txn':
      return state.balances.get(id)?.transaction;
    default:
      return undefined;
  }
};

const refundsOf = (world: World, charge: string) =>
  page(
    `/v1/charges/${charge}/refunds`,
    world.state.refunds.all().filter((refund) => refund.charge === charge),
    {},
  );

const expandPath = (world: World, value: unknown, path: readonly string[], whole: string): unknown => {
  const [first, ...rest] = path;
  if (first === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => expandPath(world, item, path, whole));
  if (!isTree(value)) return value;
  const isRefunds = first === 'refunds' && value.object === 'charge' && typeof value.id === 'string';
  if (!(first in value) && !isRefunds)
    throw invalid(`This property cannot be expanded (${whole}).`, undefined, undefined);
  const held = isRefunds ? refundsOf(world, String(value.id)) : value[first];
  const found = typeof held === 'string' ? (lookUp(world, held) ?? held) : held;
  if (typeof found === 'string' && first !== 'data')
    throw invalid(`This property cannot be expanded (${whole}).`, undefined, undefined);
  return { ...value, [first]: expandPath(world, found, rest, whole) };
};

/** Puts objects in the place of their ids along each path, such as `latest_charge.balance_transaction`. */
export const expand = (world: World, answer: unknown, paths: readonly string[]): unknown =>
  paths.reduce((value, path) => expandPath(world, value, path.split('.'), path), answer);
