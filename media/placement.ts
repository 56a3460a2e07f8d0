import type { TransportListenInfo } from 'mediasoup/types';

export type Load = { consumers: number; routers: number };

/** The place with the fewest consumers, then the fewest rooms, takes the next room; undefined when there is none. */
export function leastLoaded<Place extends Load>(places: readonly Place[]): Place | undefined {
  return places.toSorted((a, b) => a.consumers - b.consumers || a.routers - b.routers)[0];
}

/**
 * Where a worker listens. An address this machine has is listened on as itself, with loopback beside it so that a
 * browser here needs no way round; any other is a router's outside, announced over all interfaces.
 * `port` 0 lets the worker take free ones.
 */
export function listenInfos(
  announcedAddress: string,
  localAddresses: readonly string[],
  port: number,
): TransportListenInfo[] {
  const isOurs = localAddresses.includes(announcedAddress);
  const places = isOurs
    ? [...new Set([announcedAddress, '127.0.0.1'])].map((ip) => ({ ip }))
    : [{ ip: '0.0.0.0', announcedAddress }];
  return places.flatMap((place) =>
    (['udp', 'tcp'] as const).map((protocol) => ({ protocol, ...place, ...(port > 0 && { port }) })),
  );
}
