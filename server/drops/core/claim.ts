/** A claim on its way to the arbiter. `verdict` is what was decided before: empty, or the answer and its reason. */
export type Claim = {
  viewer: string;
  key: string;
  verdict: '' | 'sold-out' | `not-eligible:${string}`;
};

export type Outcome = 'granted' | 'already-granted' | 'sold-out' | 'drop-closed' | 'not-eligible';

/**
 * The stored answer to a claim key. `number` counts the claims of the epoch it was decided in, `batchId`
 * names the batch, `ordinal` counts the viewer's grants of this drop (0: none in this answer).
 */
export type StoredAnswer = {
  outcome: Outcome;
  reason?: string;
  epoch: number;
  number: number;
  batchId: string;
  sinceOpeningMs: number;
  ordinal: number;
};

/** What claims of one drop are decided by. Instants in milliseconds since 1970 by the arbiter's own clock. */
export type ClaimState = {
  epoch: number;
  rules: number;
  status: 'loading' | 'open' | 'closed';
  openedAt: number;
  closesAt: number;
  left: number;
  /** Claims numbered so far in this epoch. */
  number: number;
  perViewer: number;
  answers: ReadonlyMap<string, StoredAnswer>;
  /** Viewer → how many grants. */
  grants: ReadonlyMap<string, number>;
};

/** One claim as the log has it. */
export type LoggedClaim = {
  viewer: string;
  key: string;
  outcome: Outcome;
  reason?: string;
  ordinal: number;
};

/** What a batch changes, all at once. `claims` are the newly numbered ones, in order, from `first` on. */
export type ClaimDecision = {
  answers: { answer: StoredAnswer; isRepeat: boolean }[];
  claims: LoggedClaim[];
  first: number;
  batchId: string;
  left: number;
  sinceOpeningMs: number;
};

export const answerField = ({ viewer, key }: { viewer: string; key: string }): string => `${viewer}:${key}`;

/**
 * Decides a batch, first come, first served: a known key gets its stored answer; every other claim gets the next
 * number and one answer. The reference for `lua/claim.lua`, which the contract suite holds against it.
 */
export function decideClaims(
  state: ClaimState,
  claims: readonly Claim[],
  now: number,
  batchId: string,
): ClaimDecision {
  const first = state.number + 1;
  const sinceOpeningMs = Math.max(0, now - state.openedAt);
  const fresh = new Map<string, StoredAnswer>();
  const taken = new Map<string, number>();
  const decision: ClaimDecision = {
    answers: [],
    claims: [],
    ...{ first, batchId, left: state.left, sinceOpeningMs },
  };
  const isOpen = state.status === 'open' && now >= state.openedAt && now < state.closesAt;
  for (const claim of claims) {
    const field = answerField(claim);
    const known = state.answers.get(field) ?? fresh.get(field);
    if (known) {
      decision.answers.push({ answer: known, isRepeat: true });
      continue;
    }
    const held = taken.get(claim.viewer) ?? state.grants.get(claim.viewer) ?? 0;
    const { outcome, reason } = decideOne(claim.verdict, {
      held,
      perViewer: state.perViewer,
      left: decision.left,
      isOpen,
    });
    const ordinal = outcome === 'granted' ? held + 1 : 0;
    if (ordinal > 0) {
      decision.left -= 1;
      taken.set(claim.viewer, ordinal);
    }
    const why = reason === undefined ? {} : { reason };
    const number = first + decision.claims.length;
    const answer = { outcome, ...why, epoch: state.epoch, number, batchId, sinceOpeningMs, ordinal };
    fresh.set(field, answer);
    decision.claims.push({ viewer: claim.viewer, key: claim.key, outcome, ...why, ordinal });
    decision.answers.push({ answer, isRepeat: false });
  }
  return decision;
}

function decideOne(
  verdict: Claim['verdict'],
  { held, perViewer, left, isOpen }: { held: number; perViewer: number; left: number; isOpen: boolean },
): { outcome: Outcome; reason?: string } {
  if (verdict !== '') return parseVerdict(verdict);
  if (held >= perViewer) return { outcome: 'already-granted' };
  if (left < 1) return { outcome: 'sold-out' };
  return { outcome: isOpen ? 'granted' : 'drop-closed' };
}

/** Reads `sold-out` or `not-eligible:staff`. */
export function parseVerdict(text: string): { outcome: Outcome; reason?: string } {
  const [outcome = '', reason] = text.split(':');
  if (!isOutcome(outcome)) throw new Error(`not an outcome: ${text}`);
  return reason === undefined ? { outcome } : { outcome, reason };
}

const outcomes = ['granted', 'already-granted', 'sold-out', 'drop-closed', 'not-eligible'] as const;
const isOutcome = (text: string): text is Outcome => outcomes.some((outcome) => outcome === text);

/** The state after a decision. */
export function evolve(state: ClaimState, decision: ClaimDecision): ClaimState {
  const answers = new Map(state.answers);
  const grants = new Map(state.grants);
  decision.claims.forEach((claim, index) => {
    const { ordinal, key: _key, viewer, ...rest } = claim;
    answers.set(answerField(claim), {
      ...rest,
      epoch: state.epoch,
      number: decision.first + index,
      batchId: decision.batchId,
      sinceOpeningMs: decision.sinceOpeningMs,
      ordinal,
    });
    if (ordinal > 0) grants.set(viewer, ordinal);
  });
  return { ...state, left: decision.left, number: state.number + decision.claims.length, answers, grants };
}
