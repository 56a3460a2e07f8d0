import { setTimeout as wait } from 'node:timers/promises';
import type { ClaimAnswer } from '#contract/drops.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { AccountId, DropId, IdempotencyKey } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import { unreachable } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import { type Drop, ineligibility } from './core/drop.ts';
import { ClaimDesk, type DeskParts, patienceMs, type Told } from './desk.ts';
import { type Neighbours, viewerScope } from './ports.ts';
import type { Grant, ViewerLinks } from './store.ts';
import { toClaimAnswer, toGrantView } from './views.ts';

type Parts = Pick<Neighbours, 'identity' | 'live' | 'clock'> &
  Omit<DeskParts, 'decided' | 'granted'> & { links: ViewerLinks };

export type Claims = ReturnType<typeof createClaims>;

const idleMs = 600_000;
const mostClaimants = 50_000;

/** Takes claims, one desk a drop, and tells the room what is left. */
export function createClaims(parts: Parts) {
  const { arbiter, book, live, clock, identity, links } = parts;
  const desks = new Map<DropId, { desk: ClaimDesk; usedAt: number }>();
  const ticks = new Map<DropId, NodeJS.Timeout>();
  /** Whose claims are under way here. */
  const claimants = new Map<string, AccountId>();
  arbiter.onLoss(() => {
    for (const { desk } of desks.values()) desk.doubt();
  });

  const deskOf = (dropId: DropId): ClaimDesk => {
    const known = desks.get(dropId);
    if (known) {
      known.usedAt = performance.now();
      return known.desk;
    }
    for (const [id, { usedAt }] of desks) if (performance.now() - usedAt > idleMs) desks.delete(id);
    const desk = new ClaimDesk(dropId, { ...parts, decided: tick, granted });
    desks.set(dropId, { desk, usedAt: performance.now() });
    return desk;
  };

  /** Once a tick, whatever happened in it: what is left then, read anew. */
  function tick(drop: Drop): void {
    if (ticks.has(drop.dropId)) return;
    const tell = async () => {
      ticks.delete(drop.dropId);
      const standing = await arbiter.standing(drop.dropId);
      if (!standing) return;
      const d = { dropId: drop.dropId, left: standing.left };
      await live.tellRoom(drop.streamId, [{ kind: 'passing', t: 'drops.left', d }]);
    };
    const timer = setTimeout(() => {
      tell().catch((fault: unknown) => logger.debug({ err: fault }, 'left not told'));
    }, 200);
    ticks.set(drop.dropId, timer);
  }

  function granted(grants: readonly Grant[]): void {
    for (const grant of grants) {
      const tell = async () => {
        const accountId = claimants.get(grant.viewer);
        if (!accountId) return;
        await links.link(grant.viewer, accountId);
        await live.tellPerson(accountId, 'drops.granted', toGrantView(grant, clock.now()));
      };
      tell().catch((fault: unknown) => logger.debug({ err: fault }, 'winner not told beside the answer'));
    }
  }

  const answer = (dropId: DropId, told: Told): Result<ClaimAnswer, 'not-known-yet'> => {
    switch (told.status) {
      case 'answered': {
        const grant = told.grant && toGrantView(told.grant, clock.now());
        return accept(toClaimAnswer(dropId, told.answer, grant));
      }
      case 'over': {
        const grant = told.grant && { grant: toGrantView(told.grant, clock.now()) };
        return accept({ dropId, outcome: told.outcome, ...grant });
      }
      case 'void':
      case 'unknown':
        return refuse('not-known-yet');
      default:
        return unreachable(told);
    }
  };

  return {
    /**
     * Claims a coupon for an account. The same key gets the same answer, whenever it is asked; after 2 s without one
     * `not-known-yet` is said, and the claim goes on.
     */
    async claim(
      actor: Extract<Actor, { kind: 'account' }>,
      dropId: DropId,
      key: IdempotencyKey,
    ): Promise<Result<ClaimAnswer, 'not-found' | 'drop-not-open' | 'not-known-yet'>> {
      const drop = await book.get(dropId);
      if (!drop) return refuse('not-found');
      if (drop.state === 'draft' || drop.state === 'announced') return refuse('drop-not-open');
      const viewer = await identity.pseudonym(actor.accountId, viewerScope);
      if (claimants.size >= mostClaimants) claimants.clear();
      claimants.set(viewer, actor.accountId);
      const reason = ineligibility(drop, actor);
      const verdict = reason === undefined ? '' : (`not-eligible:${reason}` as const);
      const told = await within(patienceMs, deskOf(dropId).claim(drop, { viewer, key, verdict }));
      if (told === 'sold-out-from-memory') return accept({ dropId, outcome: 'sold-out' });
      return answer(dropId, told);
    },
    /** Waits until everything decided here is recorded. */
    async drain(): Promise<void> {
      for (const timer of ticks.values()) clearTimeout(timer);
      await Promise.all([...desks.values()].map(({ desk }) => desk.drain()));
    },
  };
}

/** The outcome, or `unknown` when it takes too long or cannot be had; what was begun goes on. */
async function within<Value>(ms: number, outcome: Promise<Value>): Promise<Value | { status: 'unknown' }> {
  const gaveUp = new AbortController();
  const unknown = { status: 'unknown' } as const;
  try {
    const settled = outcome.catch((fault: unknown) => {
      logger.error({ err: fault }, 'claim without an answer');
      return unknown;
    });
    return await Promise.race([settled, wait(ms, unknown, { signal: gaveUp.signal, ref: false })]);
  } finally {
    gaveUp.abort();
  }
}
