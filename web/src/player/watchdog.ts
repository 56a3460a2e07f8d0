/** What to try next for a picture that stands still, mildest first. */
export type Remedy = 'key-frame' | 'ice-restart' | 'join';

export type Silence = {
  /** Since the last new frame, or since the last join when none came. */
  silentMs: number;
  /** The harshest remedy tried in this silence. */
  tried: Remedy | undefined;
  connection: 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
};

const keyFrameAfterMs = 2_000;
const iceRestartAfterMs = 3_000;
const joinAfterMs = 7_000;

/** The remedy that is due, undefined while the present one may still work. */
export function nextRemedy({ silentMs, tried, connection }: Silence): Remedy | undefined {
  if (connection === 'failed' || connection === 'closed') return 'join';
  if (silentMs >= joinAfterMs) return 'join';
  const isCut = connection === 'disconnected';
  if (tried !== 'ice-restart' && (isCut || silentMs >= iceRestartAfterMs)) return 'ice-restart';
  if (tried === undefined && silentMs >= keyFrameAfterMs) return 'key-frame';
  return undefined;
}

/** Three failed joins within 20 s: give it half a minute. */
export function mayJoinAgainInMs(failedJoinsAt: readonly number[], now: number): number {
  const recent = failedJoinsAt.filter((at) => now - at < 20_000);
  if (recent.length >= 3) return 30_000;
  return Math.min(250 * 2 ** recent.length, 2_000);
}
