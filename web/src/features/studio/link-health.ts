import type { PublishingStats } from '../../player/stats.ts';

export type LinkHealth = {
  state: 'good' | 'weak' | 'waiting';
  /** Layers that leave this browser now, and how many it makes. */
  layersSent: number;
  layers: number;
  /** What helps: the network loses packets, the computer or the uplink holds a layer back. */
  hint: 'loss' | 'computer' | 'uplink' | undefined;
};

const lossLimit = 0.02;

/**
 * How a host's way on air is, in a word, and what would help. In the first seconds a browser has not tried its upper
 * layers yet: `hasSettled` false takes that for no trouble.
 */
export function linkHealth(stats: PublishingStats | undefined, hasSettled = true): LinkHealth {
  if (stats === undefined || stats.layers.length === 0)
    return { state: 'waiting', layersSent: 0, layers: 0, hint: undefined };
  const layersSent = stats.layers.filter(({ bitrate }) => bitrate > 0).length;
  const limits = new Set(stats.layers.map(({ limitedBy }) => limitedBy));
  const isShort = layersSent < stats.layers.length;
  const hint = hintOf(stats.loss, isShort && hasSettled, limits);
  const well = isShort ? 'waiting' : 'good';
  return { state: hint === undefined ? well : 'weak', layersSent, layers: stats.layers.length, hint };
}

function hintOf(loss: number, isShort: boolean, limits: ReadonlySet<string>): LinkHealth['hint'] {
  if (loss >= lossLimit) return 'loss';
  if (!isShort) return undefined;
  return limits.has('cpu') ? 'computer' : 'uplink';
}
