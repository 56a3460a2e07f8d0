import { isIPv6 } from 'node:net';
import type { Redis } from 'ioredis';
import { rateLimit } from '../platform/rate-limit.ts';

const windowS = 600;

/**
 * Slows whoever guesses: after 5 wrong tries for one handle from one address (an IPv6 network counts as one), and
 * after 100 from one address whatever the handle. Tries from elsewhere never count against the owner.
 */
export interface Throttle {
  /** Takes a try before the secret is looked at, so that parallel guesses count too. 0, or milliseconds to wait. */
  begin(foldedHandle: string, address: string): Promise<number>;
  /** The secret was right: the tries are forgotten. */
  succeeded(foldedHandle: string, address: string): Promise<void>;
}

export function createThrottle(redis: Redis): Throttle {
  const pairs = rateLimit(redis, { name: 'sign-in', tries: 5, seconds: windowS });
  const addresses = rateLimit(redis, { name: 'sign-in-address', tries: 100, seconds: windowS });
  const pairOf = (foldedHandle: string, address: string) => `${networkOf(address)}|${foldedHandle}`;
  return {
    async begin(foldedHandle, address) {
      const wait = await pairs.take(pairOf(foldedHandle, address));
      return wait > 0 ? wait : addresses.take(networkOf(address));
    },
    async succeeded(foldedHandle, address) {
      await Promise.all([
        pairs.forget(pairOf(foldedHandle, address)),
        addresses.giveBack(networkOf(address)),
      ]);
    },
  };
}

/** IPv6 customers hold a /64: all of it is one address here. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const missing = plain.includes('::') ? Array(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  return [...left, ...missing, ...right]
    .slice(0, 4)
    .map((part) => part.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
