import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A stretch of network between browsers and a media node, to be narrowed or cut. */
export type UdpRelay = AsyncDisposable & {
  port: number;
  /** Where packets from browsers go; the node's port is known only once a browser has been told of it. */
  target: number;
  /** At most so many bits a second towards browsers, what does not fit in 300 ms is lost; undefined lifts the limit. */
  narrowTo(bitsPerSecond: number | undefined): void;
  /** Nothing passes either way until it is mended. */
  cut(isCut: boolean): void;
};

const patienceMs = 300;

/** Opens a relay on loopback; each browser socket gets an address of its own behind it. */
export async function openUdpRelay(): Promise<UdpRelay> {
  const front = createSocket('udp4');
  const backs = new Map<string, Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let rate: number | undefined;
  let isCut = false;
  let freeAt = 0;

  const towardsBrowser = (packet: Buffer, port: number, address: string) => {
    if (isCut) return;
    if (rate === undefined) {
      front.send(packet, port, address);
      return;
    }
    const now = performance.now();
    const startsAt = Math.max(now, freeAt);
    if (startsAt - now > patienceMs) return;
    freeAt = startsAt + (packet.length * 8 * 1000) / rate;
    const timer = setTimeout(() => {
      timers.delete(timer);
      front.send(packet, port, address);
    }, freeAt - now);
    timers.add(timer);
  };

  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  const relay: UdpRelay = {
    port: front.address().port,
    target: 0,
    narrowTo(bitsPerSecond) {
      rate = bitsPerSecond;
    },
    cut(isNowCut) {
      isCut = isNowCut;
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      for (const back of backs.values()) back.close();
      front.close();
    },
  };
  front.on('message', (packet, { port, address }) => {
    if (isCut || relay.target === 0) return;
    const key = `${address}:${port}`;
    let back = backs.get(key);
    if (back === undefined) {
      back = createSocket('udp4');
      back.on('message', (answer) => towardsBrowser(answer, port, address));
      back.on('error', () => {});
      backs.set(key, back);
    }
    back.send(packet, relay.target, '127.0.0.1');
  });
  return relay;
}
