import type { LayerReport } from '#contract/media.ts';

type Encoding = { rid?: string | undefined; ssrc?: number | undefined };
type Score = { encodingIdx: number; score: number };
type Stat = {
  rid?: string | undefined;
  ssrc: number;
  bitrate: number;
  byteCount: number;
  packetCount: number;
  packetsLost: number;
};

/** One line a layer, low to high as the host declared them; a layer nothing has arrived of yet has score 0. */
export function reportLayers(
  encodings: readonly Encoding[],
  scores: readonly Score[],
  stats: readonly Stat[],
): LayerReport[] {
  return encodings.map(({ rid, ssrc }, layer) => {
    const stat = stats.find((line) => (rid === undefined ? line.ssrc === ssrc : line.rid === rid));
    const expected = (stat?.packetCount ?? 0) + (stat?.packetsLost ?? 0);
    return {
      layer,
      ...(rid !== undefined && { rid }),
      score: scores.find(({ encodingIdx }) => encodingIdx === layer)?.score ?? 0,
      bitrate: stat?.bitrate ?? 0,
      loss: expected > 0 ? (stat?.packetsLost ?? 0) / expected : 0,
      byteCount: stat?.byteCount ?? 0,
    };
  });
}
