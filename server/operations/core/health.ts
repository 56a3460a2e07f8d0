import type { HealthPart } from '#contract/operations.ts';

/** What one look at a part found. */
export type Finding = Omit<HealthPart, 'since'>;

const rank = { down: 0, slow: 1, well: 2 } as const;

/** Worst first, then by name. */
export const byWorst = (a: HealthPart, b: HealthPart): number =>
  rank[a.state] - rank[b.state] || a.name.localeCompare(b.name);

/** The state of the whole is that of its worst part. */
export const worstOf = (parts: readonly HealthPart[]): HealthPart['state'] =>
  parts.reduce<HealthPart['state']>(
    (worst, { state }) => (rank[state] < rank[worst] ? state : worst),
    'well',
  );

/** Keeps the instant at which each part came into its present state. */
export function withSince(
  findings: readonly Finding[],
  before: readonly HealthPart[],
  now: string,
): HealthPart[] {
  const known = new Map(before.map((part) => [part.name, part]));
  return findings.map((finding) => {
    const last = known.get(finding.name);
    return { ...finding, since: last?.state === finding.state ? last.since : now };
  });
}

/** A store is slow from 500 ms. */
export const stateOfDelay = (delayMs: number): HealthPart['state'] => (delayMs > 500 ? 'slow' : 'well');

const silentAfterMs = 7000;

/**
 * Processes from their beats: every expected role has one line at least, and an instance silent for 7 s is down.
 * An instance that has been replaced (same role, a younger living one) is not counted against it.
 */
export function findProcesses(
  beats: readonly { role: string; instance: string; at: number; startedAt: number }[],
  expected: readonly string[],
  now: number,
): Finding[] {
  const isAlive = ({ at }: { at: number }) => now - at < silentAfterMs;
  const roles = new Set([...expected, ...beats.map(({ role }) => role)]);
  return [...roles].flatMap((role): Finding[] => {
    const mine = beats.filter((beat) => beat.role === role);
    const counted = mine.filter(
      (beat) => isAlive(beat) || !mine.some((other) => isAlive(other) && other.startedAt >= beat.at),
    );
    if (counted.length === 0)
      return [{ name: role, kind: 'process', state: 'down', delayMs: null, detail: 'has not started' }];
    return counted.map((beat) => ({
      name: `${role} ${beat.instance}`,
      kind: 'process',
      state: isAlive(beat) ? 'well' : 'down',
      delayMs: Math.max(0, now - beat.at),
      detail: isAlive(beat) ? '' : `silent for ${Math.round((now - beat.at) / 1000)} s`,
    }));
  });
}
