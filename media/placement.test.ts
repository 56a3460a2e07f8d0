import { describe, expect, test } from 'vitest';
import { leastLoaded, listenInfos } from './placement.ts';

describe('placing a room', () => {
  test('the worker with the fewest consumers takes it, and of equals the one with fewer rooms', () => {
    const [a, b, c] = [
      { consumers: 4, routers: 1 },
      { consumers: 2, routers: 3 },
      { consumers: 2, routers: 2 },
    ];
    expect(leastLoaded([a, b, c])).toBe(c);
    expect(leastLoaded([a, b])).toBe(b);
  });

  test('nobody takes it when there is nobody', () => {
    expect(leastLoaded([])).toBeUndefined();
  });
});

describe('listening', () => {
  test('an address of this machine is listened on as itself, over UDP and TCP, and loopback beside it', () => {
    expect(listenInfos('192.0.2.7', ['127.0.0.1', '192.0.2.7'], 44_400)).toEqual([
      { protocol: 'udp', ip: '192.0.2.7', port: 44_400 },
      { protocol: 'tcp', ip: '192.0.2.7', port: 44_400 },
      { protocol: 'udp', ip: '127.0.0.1', port: 44_400 },
      { protocol: 'tcp', ip: '127.0.0.1', port: 44_400 },
    ]);
  });

  test('loopback is listened on once', () => {
    expect(listenInfos('127.0.0.1', ['127.0.0.1'], 0)).toEqual([
      { protocol: 'udp', ip: '127.0.0.1' },
      { protocol: 'tcp', ip: '127.0.0.1' },
    ]);
  });

  test('an address outside is announced over all interfaces', () => {
    expect(listenInfos('198.51.100.1', ['127.0.0.1'], 1)).toEqual([
      { protocol: 'udp', ip: '0.0.0.0', announcedAddress: '198.51.100.1', port: 1 },
      { protocol: 'tcp', ip: '0.0.0.0', announcedAddress: '198.51.100.1', port: 1 },
    ]);
  });
});
