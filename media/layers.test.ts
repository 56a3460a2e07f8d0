import { expect, test } from 'vitest';
import { reportLayers } from './layers.ts';

const stat = { bitrate: 500_000, byteCount: 9_000, packetCount: 90, packetsLost: 10 };

test('layers are reported low to high by rid, and one that has not arrived scores nothing', () => {
  const report = reportLayers(
    [{ rid: 'r0' }, { rid: 'r1' }],
    [
      { encodingIdx: 1, score: 0 },
      { encodingIdx: 0, score: 10 },
    ],
    [{ rid: 'r0', ssrc: 1, ...stat }],
  );
  expect(report).toEqual([
    { layer: 0, rid: 'r0', score: 10, bitrate: 500_000, loss: 0.1, byteCount: 9_000 },
    { layer: 1, rid: 'r1', score: 0, bitrate: 0, loss: 0, byteCount: 0 },
  ]);
});

test('a single layer without a rid is found by its ssrc', () => {
  const [layer] = reportLayers([{ ssrc: 7 }], [{ encodingIdx: 0, score: 9 }], [{ ssrc: 7, ...stat }]);
  expect(layer).toEqual({ layer: 0, score: 9, bitrate: 500_000, loss: 0.1, byteCount: 9_000 });
});
