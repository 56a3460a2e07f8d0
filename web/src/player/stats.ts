/** How the picture reaches a viewer; bitrate in bits per second, loss 0–1. */
export type ViewingStats = {
  bitrate: number;
  loss: number;
  width: number;
  height: number;
  framesDecoded: number;
  bytesReceived: number;
};

/** One layer as the host sends it. */
type SentLayer = {
  rid: string;
  width: number;
  height: number;
  framesPerSecond: number;
  bitrate: number;
  /** `cpu` or `bandwidth` where the browser holds this layer back. */
  limitedBy: string;
};

/** How the host's media leaves; bitrate in bits per second, loss 0–1, undefined where the browser does not say yet. */
export type PublishingStats = {
  bitrate: number;
  loss: number;
  rttMs: number | undefined;
  layers: SentLayer[];
};

type Line = Record<string, unknown> & { type: string };
const number = (line: Line | undefined, name: string): number => {
  const value = line?.[name];
  return typeof value === 'number' ? value : 0;
};
const text = (line: Line | undefined, name: string): string => {
  const value = line?.[name];
  return typeof value === 'string' ? value : '';
};

/** Turns counters that only grow into rates, remembering the last reading of each. */
export class Rates {
  readonly #last = new Map<string, { at: number; value: number }>();

  /** Per second since the last reading of this name; 0 at the first. */
  perSecond(name: string, value: number, at: number): number {
    const last = this.#last.get(name);
    this.#last.set(name, { at, value });
    if (last === undefined || at <= last.at || value < last.value) return 0;
    return ((value - last.value) * 1000) / (at - last.at);
  }
}

/** Reads a consumer's report of one video track. */
export function readViewing(lines: Iterable<Line>, rates: Rates, at: number): ViewingStats {
  const inbound = [...lines].find(({ type }) => type === 'inbound-rtp');
  const received = rates.perSecond('received', number(inbound, 'packetsReceived'), at);
  const lost = rates.perSecond('lost', Math.max(0, number(inbound, 'packetsLost')), at);
  return {
    bitrate: Math.round(rates.perSecond('bytes', number(inbound, 'bytesReceived'), at) * 8),
    loss: received + lost > 0 ? lost / (received + lost) : 0,
    width: number(inbound, 'frameWidth'),
    height: number(inbound, 'frameHeight'),
    framesDecoded: number(inbound, 'framesDecoded'),
    bytesReceived: number(inbound, 'bytesReceived'),
  };
}

/** Reads a send transport's report: layers low to high. */
export function readPublishing(lines: Iterable<Line>, rates: Rates, at: number): PublishingStats {
  const all = [...lines];
  const outbound = all.filter(({ type }) => type === 'outbound-rtp');
  const remote = all.filter(({ type }) => type === 'remote-inbound-rtp');
  const pair = all.find((line) => line.type === 'candidate-pair' && line.nominated === true);
  const layers = outbound
    .filter((line) => text(line, 'kind') === 'video')
    .map((line) => ({
      rid: text(line, 'rid'),
      width: number(line, 'frameWidth'),
      height: number(line, 'frameHeight'),
      framesPerSecond: number(line, 'framesPerSecond'),
      bitrate: Math.round(rates.perSecond(`bytes ${text(line, 'id')}`, number(line, 'bytesSent'), at) * 8),
      limitedBy: text(line, 'qualityLimitationReason'),
    }))
    .toSorted((a, b) => a.rid.localeCompare(b.rid));
  const audio = outbound
    .filter((line) => text(line, 'kind') === 'audio')
    .map((line) => rates.perSecond(`bytes ${text(line, 'id')}`, number(line, 'bytesSent'), at) * 8);
  const rtt = number(pair, 'currentRoundTripTime');
  return {
    bitrate: Math.round(
      [...layers.map(({ bitrate }) => bitrate), ...audio].reduce((sum, one) => sum + one, 0),
    ),
    loss: Math.max(0, ...remote.map((line) => number(line, 'fractionLost'))),
    rttMs: pair && rtt > 0 ? Math.round(rtt * 1000) : undefined,
    layers,
  };
}

/** A browser's report as plain lines. */
export function linesOf(report: RTCStatsReport): Line[] {
  const lines: Line[] = [];
  report.forEach((line: Line) => {
    lines.push(line);
  });
  return lines;
}
