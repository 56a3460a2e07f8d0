import { expect, test } from 'vitest';
import { Rates, readPublishing, readViewing } from './stats.ts';

const inbound = (bytesReceived: number, packetsReceived: number, packetsLost: number) => ({
  type: 'inbound-rtp',
  bytesReceived,
  packetsReceived,
  packetsLost,
  frameWidth: 640,
  frameHeight: 360,
  framesDecoded: 50,
});

test('a viewer’s bitrate and loss are of the last interval, not of the whole visit', () => {
  const rates = new Rates();
  readViewing([inbound(1_000, 100, 50)], rates, 0);
  const stats = readViewing([inbound(126_000, 190, 60)], rates, 1_000);
  expect(stats).toEqual({
    bitrate: 1_000_000,
    loss: 0.1,
    width: 640,
    height: 360,
    framesDecoded: 50,
    bytesReceived: 126_000,
  });
});

test('[M-R1] a host sees each layer low to high, with what holds it back, and the round trip', () => {
  const layer = (rid: string, bytesSent: number, qualityLimitationReason: string) => ({
    type: 'outbound-rtp',
    id: rid,
    kind: 'video',
    rid,
    bytesSent,
    frameWidth: 320,
    frameHeight: 180,
    framesPerSecond: 25,
    qualityLimitationReason,
  });
  const pair = { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.04 };
  const loss = { type: 'remote-inbound-rtp', fractionLost: 0.02 };
  const rates = new Rates();
  readPublishing([layer('r1', 0, 'none'), layer('r0', 0, 'none')], rates, 0);
  const stats = readPublishing(
    [layer('r1', 50_000, 'bandwidth'), layer('r0', 12_500, 'none'), pair, loss],
    rates,
    1_000,
  );
  expect(stats.layers.map(({ rid, bitrate, limitedBy }) => [rid, bitrate, limitedBy])).toEqual([
    ['r0', 100_000, 'none'],
    ['r1', 400_000, 'bandwidth'],
  ]);
  expect(stats).toMatchObject({ bitrate: 500_000, loss: 0.02, rttMs: 40 });
});
