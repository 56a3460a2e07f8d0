import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Claim, type ClaimState, decideClaims, evolve, parseVerdict } from './claim.ts';

const openState = (more: Partial<ClaimState> = {}): ClaimState => ({
  ...{ epoch: 1, rules: 1, status: 'open', openedAt: 1000, closesAt: 2000, left: 3, number: 0, perViewer: 1 },
  ...{ answers: new Map(), grants: new Map() },
  ...more,
});

const claim = fc.record({
  viewer: fc.constantFrom('a', 'b', 'c', 'd'),
  key: fc.constantFrom('one', 'two', 'three'),
  verdict: fc.constantFrom<Claim['verdict']>('', '', '', 'sold-out', 'not-eligible:staff'),
});
const batches = fc.array(
  fc.record({ claims: fc.array(claim, { maxLength: 8 }), now: fc.integer({ min: 900, max: 2100 }) }),
  {
    maxLength: 8,
  },
);

test('[S3.8] whatever is claimed in whatever batches: units never made or lost, the limit kept, numbers without gap', () => {
  fc.assert(
    fc.property(
      batches,
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 2 }),
      (run, stock, perViewer) => {
        let state = openState({ left: stock, perViewer });
        const granted: string[] = [];
        const numbers: number[] = [];
        for (const { claims, now } of run) {
          const decision = decideClaims(state, claims, now, '1-0');
          const outside = now < 1000 || now >= 2000;
          decision.claims.forEach(({ viewer, outcome }, index) => {
            numbers.push(decision.first + index);
            if (outcome === 'granted') granted.push(viewer);
            if (outside) expect(outcome).not.toBe('granted');
          });
          state = evolve(state, decision);
          expect(state.left).toBe(stock - granted.length);
        }
        expect(state.left).toBeGreaterThanOrEqual(0);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
        for (const viewer of new Set(granted))
          expect(granted.filter((one) => one === viewer).length).toBeLessThanOrEqual(perViewer);
      },
    ),
  );
});

test('[S3.7] however often a key is asked again, its answer is the first one', () => {
  fc.assert(
    fc.property(batches, (run) => {
      let state = openState();
      const first = new Map<string, unknown>();
      for (const { claims, now } of run) {
        const decision = decideClaims(state, claims, now, '1-0');
        decision.answers.forEach(({ answer, isRepeat }, index) => {
          const field = `${claims[index]?.viewer}:${claims[index]?.key}`;
          expect(isRepeat).toBe(first.has(field));
          if (isRepeat) expect(answer).toEqual(first.get(field));
          else first.set(field, answer);
        });
        state = evolve(state, decision);
      }
    }),
  );
});

test('[S3.8] one large batch and many small ones decide alike', () => {
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 20 }), (claims) => {
      const whole = decideClaims(openState(), claims, 1500, '1-0');
      let state = openState();
      const singly = claims.map((one) => {
        const decision = decideClaims(state, [one], 1500, '1-0');
        state = evolve(state, decision);
        return decision.answers[0]?.answer.outcome;
      });
      expect(whole.answers.map(({ answer }) => answer.outcome)).toEqual(singly);
    }),
  );
});

test('[S3.7] a coupon in hand is said before "sold out", and "sold out" before "closed"', () => {
  const state = openState({ left: 0, status: 'closed', grants: new Map([['a', 1]]) });
  const ask = (viewer: string) => ({ viewer, key: 'one', verdict: '' as const });
  const outcomes = decideClaims(state, [ask('a'), ask('b')], 1500, '1-0').answers.map(
    ({ answer }) => answer.outcome,
  );
  expect(outcomes).toEqual(['already-granted', 'sold-out']);
  const left = { ...state, left: 1 };
  expect(decideClaims(left, [ask('b')], 1500, '1-0').answers[0]?.answer.outcome).toBe('drop-closed');
});

test('a verdict that is no outcome is a bug', () => {
  expect(parseVerdict('not-eligible:staff')).toEqual({ outcome: 'not-eligible', reason: 'staff' });
  expect(() => parseVerdict('perhaps')).toThrow('not an outcome');
});
