import type { CartStore } from './carts.ts';
import type { CartRecord } from './core/cart.ts';

/** Carts of one process, for tests without a record. */
export function memoryCartStore(): CartStore {
  const carts = new Map<string, CartRecord>();
  const keyOf = ({ personId, vendorId }: Pick<CartRecord, 'personId' | 'vendorId'>) =>
    `${personId}:${vendorId}`;
  const some = (fits: (cart: CartRecord) => boolean, limit = Number.POSITIVE_INFINITY): CartRecord[] =>
    [...carts.values()]
      .filter(fits)
      .toSorted((one, other) => other.changedAt - one.changedAt)
      .slice(0, limit)
      .map((cart) => structuredClone(cart));
  return {
    get: async (personId, vendorId) => structuredClone(carts.get(keyOf({ personId, vendorId }))),
    ofPerson: async (personId) => some((cart) => cart.personId === personId && cart.lines.length > 0),
    withProduct: async (productId, limit) =>
      some(({ lines }) => lines.some((line) => line.productId === productId), limit),
    async save(cart) {
      if ((carts.get(keyOf(cart))?.version ?? 0) !== cart.version) return false;
      carts.set(keyOf(cart), structuredClone({ ...cart, version: cart.version + 1 }));
      return true;
    },
    toSweep: async (now, askedBefore, limit) =>
      some(
        ({ holds }) =>
          holds.some(
            ({ state, since, endsAt }) =>
              endsAt <= now || state === 'dropped' || (state === 'asking' && since < askedBefore),
          ),
        limit,
      ),
  };
}
