import type { MinuteReport } from '#contract/metrics.ts';

/** What the plots draw, by minute of stream time; `null` where nothing was sampled. */
export type Series = {
  /** Seconds of stream time at which each minute ends. */
  seconds: number[];
  online: (number | null)[];
  danmaku: number[];
  /** Minor units paid so far. */
  gmvSoFar: number[];
};

/** Reads the minutes of a report as series; money adds up. */
export function seriesOf(minutes: readonly MinuteReport[]): Series {
  let paid = 0;
  return {
    seconds: minutes.map(({ streamMs }) => streamMs / 1000 + 60),
    online: minutes.map(({ online }) => online),
    danmaku: minutes.map(({ danmaku }) => danmaku),
    gmvSoFar: minutes.map(({ gmv }) => {
      paid += gmv.amount;
      return paid;
    }),
  };
}

/** The highest value and the second at which it was first reached; undefined without any. */
export function peakOf(
  seconds: readonly number[],
  values: readonly (number | null)[],
): { value: number; second: number } | undefined {
  let peak: { value: number; second: number } | undefined;
  for (const [index, value] of values.entries())
    if (value !== null && (peak === undefined || value > peak.value))
      peak = { value, second: seconds[index] ?? 0 };
  return peak;
}
