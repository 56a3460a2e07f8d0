import type { DropId } from '#contract/ids.ts';
import { answerField, type ClaimState, decideClaims, evolve, type StoredAnswer } from './core/claim.ts';
import type { ClaimArbiter } from './store.ts';

/** The arbiter for unit tests: `core/` alone, on a clock that is handed in. */
export function memoryArbiter(now: () => number): ClaimArbiter & { flush(): void } {
  const states = new Map<DropId, ClaimState>();
  const returned = new Map<DropId, Set<string>>();
  return {
    now: async () => now(),
    async open({ dropId, ...state }) {
      const known = states.get(dropId);
      if (known && known.epoch >= state.epoch) return 'stale';
      states.set(dropId, { ...state, status: 'loading', number: 0, answers: new Map(), grants: new Map() });
      returned.set(dropId, new Set());
      return 'opened';
    },
    async load(dropId, epoch, known, isLast) {
      const state = states.get(dropId);
      if (!state) return 'lost';
      if (state.epoch !== epoch || state.status !== 'loading') return 'stale';
      const answers = new Map<string, StoredAnswer>(state.answers);
      const grants = new Map<string, number>(state.grants);
      for (const one of known) {
        answers.set(answerField(one), one.answer);
        if (one.answer.ordinal > 0) grants.set(one.viewer, one.answer.ordinal);
      }
      states.set(dropId, { ...state, answers, grants, status: isLast ? 'open' : 'loading' });
      return 'loaded';
    },
    async claim(dropId, expected, claims) {
      const state = states.get(dropId);
      if (!state) return { status: 'lost' };
      if (state.epoch !== expected.epoch || state.rules !== expected.rules)
        return { status: 'stale', epoch: state.epoch };
      if (state.status === 'loading') return { status: 'loading' };
      const decision = decideClaims(state, claims, now(), `${now()}-${state.number}`);
      states.set(dropId, evolve(state, decision));
      const { answers, first, left, sinceOpeningMs, batchId } = decision;
      const size = decision.claims.length;
      return { status: 'decided', answers, first, left, sinceOpeningMs, batchId, size };
    },
    async close(dropId, epoch) {
      const state = states.get(dropId);
      if (!state) return 'lost';
      if (state.epoch !== epoch) return 'stale';
      states.set(dropId, { ...state, status: 'closed' });
      return 'closed';
    },
    async giveBack(dropId, epoch, grantId) {
      const state = states.get(dropId);
      if (!state) return 'lost';
      if (state.epoch !== epoch) return 'stale';
      const given = returned.get(dropId) ?? new Set();
      if (given.has(grantId)) return 'known';
      given.add(grantId);
      states.set(dropId, { ...state, left: state.left + 1 });
      return 'returned';
    },
    async standing(dropId) {
      const state = states.get(dropId);
      return state && { epoch: state.epoch, left: state.left, number: state.number };
    },
    winners: async (dropId) => [...(states.get(dropId)?.grants.keys() ?? [])],
    async forget(dropId) {
      states.delete(dropId);
      returned.delete(dropId);
    },
    onLoss() {},
    flush() {
      states.clear();
      returned.clear();
    },
  };
}
