import { setTimeout as wait } from 'node:timers/promises';
import type { DropId } from '#contract/ids.ts';
import { logger } from '../platform/logger.ts';
import { Batcher } from './batcher.ts';
import type { DropBook } from './book.ts';
import type { Claim, LoggedClaim, StoredAnswer } from './core/claim.ts';
import type { Drop } from './core/drop.ts';
import { grantIdOf } from './core/grant.ts';
import type { Recorder } from './recorder.ts';
import { SoldOutMemory } from './sold-out.ts';
import type { ArbiterReply, BatchRecord, ClaimArbiter, ClaimBatch, Grant, GrantRecord } from './store.ts';

/** An answer that may be told. `void`: decided in a lost state, so ask again. `unknown`: not known yet. */
export type Told =
  | { status: 'answered'; answer: StoredAnswer; grant?: Grant; isNew: boolean }
  /** The drop is over and the claim was never numbered. */
  | { status: 'over'; outcome: 'already-granted' | 'sold-out' | 'drop-closed'; grant?: Grant }
  | { status: 'void' | 'unknown' };

export type DeskParts = {
  arbiter: ClaimArbiter;
  grants: GrantRecord;
  batches: BatchRecord;
  recorder: Recorder;
  book: DropBook;
  recover(drop: Drop): Promise<boolean>;
  /** Told after each decided batch. */
  decided(drop: Drop, left: number): void;
  /** Told of winners whose coupons stand in the record. */
  granted(grants: readonly Grant[]): void;
};

/** How long a claimant waits before the answer is "not known yet". */
export const patienceMs = 2000;
/** Claims wait while this many coupons are decided and not in the record: no less than 500, about a second's worth. */
const unrecordedBound = 1000;
const loadingPatienceMs = 500;

/** Where this process takes the claims of one drop: gathers, decides, records, and only then tells. */
export class ClaimDesk {
  readonly #dropId: DropId;
  readonly #parts: DeskParts;
  readonly #soldOut: SoldOutMemory;
  readonly #batcher: Batcher<Claim, Told>;
  readonly #recording = new Set<Promise<unknown>>();
  #unrecorded = 0;
  #isVerified = false;
  #isClosedThere = false;

  constructor(dropId: DropId, parts: DeskParts) {
    this.#dropId = dropId;
    this.#parts = parts;
    this.#soldOut = new SoldOutMemory(() => parts.arbiter.winners(dropId));
    this.#batcher = new Batcher((asks) => this.#decide(asks), {
      size: 256,
      lanes: 8,
      mayRun: () => this.#unrecorded < unrecordedBound,
    });
  }

  /** The arbiter was out of reach: look at its position before trusting it again. */
  doubt(): void {
    this.#isVerified = false;
  }

  /** Answers when told may be: losers at once, winners when the record has them. */
  async claim(drop: Drop, claim: Claim): Promise<Told | 'sold-out-from-memory'> {
    if (claim.verdict === '' && this.#soldOut.answers(drop, claim.viewer)) {
      this.#batcher
        .add({ ...claim, verdict: 'sold-out' })
        .catch((fault: unknown) => logger.warn({ err: fault, dropId: this.#dropId }, 'claim not recorded'));
      return 'sold-out-from-memory';
    }
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const told = await this.#batcher.add(claim);
      if (told.status !== 'void' || performance.now() > deadline) return told;
    }
  }

  /** Resolves when nothing decided here is unrecorded any more. */
  async drain(): Promise<void> {
    while (this.#recording.size > 0) await Promise.allSettled([...this.#recording]);
  }

  async #decide(asks: Claim[]): Promise<(Told | Promise<Told>)[]> {
    const deadline = performance.now() + patienceMs;
    let loadingSince: number | undefined;
    while (performance.now() < deadline) {
      try {
        const tried = await this.#tryDeciding(asks, loadingSince);
        if (Array.isArray(tried)) return tried;
        if (tried === 'loading') loadingSince ??= performance.now();
        if (tried !== 'again') await wait(20);
      } catch (fault) {
        // A store is away: the same keys get their answers once it is back.
        logger.warn({ err: fault, dropId: this.#dropId, claims: asks.length }, 'claims not decided yet');
        await wait(100);
      }
    }
    return asks.map(() => ({ status: 'unknown' }));
  }

  async #tryDeciding(
    asks: Claim[],
    loadingSince: number | undefined,
  ): Promise<(Told | Promise<Told>)[] | 'loading' | 'busy' | 'again'> {
    const { arbiter, book, recover } = this.#parts;
    const drop = await book.get(this.#dropId);
    if (drop === undefined) throw new Error(`drop ${this.#dropId} is gone`);
    await this.#closeThere(drop);
    if (!this.#isVerified) await this.#verify(drop);
    const reply = await arbiter.claim(this.#dropId, drop, asks);
    if (reply.status === 'decided') return this.#answer(drop, asks, reply);
    const present = (await book.fresh(this.#dropId)) ?? drop;
    if (reply.status === 'lost' && present.state !== 'open')
      return asks.map((ask) => this.#fromRecord(present, ask));
    const isStuck = loadingSince !== undefined && performance.now() - loadingSince > loadingPatienceMs;
    const isBehind = reply.status === 'stale' && reply.epoch < present.epoch;
    const isLost = reply.status === 'lost' || isBehind || isStuck;
    if (isLost && (await recover(present))) return 'again';
    if (reply.status === 'loading') return 'loading';
    return isLost ? 'busy' : 'again';
  }

  #answer(
    drop: Drop,
    asks: readonly Claim[],
    reply: Extract<ArbiterReply, { status: 'decided' }>,
  ): (Told | Promise<Told>)[] {
    this.#parts.decided(drop, reply.left);
    this.#soldOut.learn(drop, reply.left);
    const claims: LoggedClaim[] = [];
    reply.answers.forEach(({ answer, isRepeat }, index) => {
      const ask = asks[index];
      if (isRepeat || ask === undefined) return;
      const { outcome, reason, ordinal } = answer;
      const why = reason === undefined ? {} : { reason };
      claims.push({ viewer: ask.viewer, key: ask.key, outcome, ...why, ordinal });
    });
    const { first, batchId, sinceOpeningMs } = reply;
    const batch = { dropId: drop.dropId, epoch: drop.epoch, batchId, first, sinceOpeningMs, claims };
    const recorded = this.#record(drop, { ...batch, openedAt: drop.openedAt ?? 0 });
    recorded.catch((fault: unknown) =>
      logger.error({ err: fault, dropId: drop.dropId, batchId }, 'batch left to the recorders'),
    );
    return reply.answers.map(({ answer, isRepeat }, index) => {
      const viewer = asks[index]?.viewer ?? '';
      const told = { status: 'answered', answer, isNew: !isRepeat } as const;
      if (answer.outcome !== 'granted' && answer.outcome !== 'already-granted') return told;
      if (isRepeat || answer.outcome === 'already-granted') return this.#confirmed(drop, viewer, told);
      return recorded.then(
        (granted): Told => {
          const grant = granted?.find((one) => one.viewer === viewer);
          return grant === undefined ? { status: 'void' } : { ...told, grant };
        },
        (): Told => ({ status: 'unknown' }),
      );
    });
  }

  /** Records, trying again while the record is slow; undefined when the batch is void. */
  async #record(drop: Drop, batch: ClaimBatch): Promise<Grant[] | undefined> {
    if (batch.claims.length === 0) return [];
    const winners = batch.claims.filter(({ outcome }) => outcome === 'granted').length;
    this.#unrecorded += winners;
    const recording = this.#recordStubbornly(drop, batch);
    this.#recording.add(recording);
    try {
      return await recording;
    } finally {
      this.#recording.delete(recording);
      this.#unrecorded -= winners;
      this.#batcher.wake();
    }
  }

  async #recordStubbornly(drop: Drop, batch: ClaimBatch): Promise<Grant[] | undefined> {
    const { recorder, granted, recover, book } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      try {
        const done = await recorder.record(drop, batch);
        if (done.status === 'recorded') {
          granted(done.granted);
          return done.granted;
        }
        // Fewer units than winners in one epoch: the arbiter counts from an older state.
        if (done.status === 'short') await recover(drop);
        await book.fresh(drop.dropId);
        return undefined;
      } catch (fault) {
        // What stays unwritten here, the recorders find in the log.
        if (tries === 20) throw fault;
        logger.warn({ err: fault, dropId: drop.dropId, tries }, 'batch not recorded yet');
        await wait(50 * tries);
      }
    }
  }

  /** A coupon decided earlier, perhaps by another process, is told when the record has it. */
  async #confirmed(drop: Drop, viewer: string, told: Extract<Told, { status: 'answered' }>): Promise<Told> {
    const grantId = grantIdOf(drop.dropId, viewer, Math.max(1, told.answer.ordinal));
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      const grant = await this.#parts.grants.get(grantId);
      if (grant) return { ...told, grant };
      await wait(40);
    }
    return { status: 'unknown' };
  }

  /** The arbiter has forgotten a drop that is over: the record knows what was answered. */
  async #fromRecord(drop: Drop, { viewer, key }: Claim): Promise<Told> {
    const batch = await this.#parts.batches.find(drop.dropId, viewer, key);
    const grant = await this.#parts.grants.get(grantIdOf(drop.dropId, viewer, 1));
    const held = grant === undefined ? {} : { grant };
    const claim = batch?.claims.find((one) => one.viewer === viewer && one.key === key);
    if (batch && claim && claim.outcome !== 'void') {
      const { outcome, number, reason, ordinal } = claim;
      const why = reason === undefined ? {} : { reason };
      const { epoch, batchId, sinceOpeningMs } = batch;
      const answer = { outcome, ...why, number, ordinal, epoch, batchId, sinceOpeningMs };
      return { status: 'answered', answer, isNew: false, ...held };
    }
    if (grant) return { status: 'over', outcome: 'already-granted', grant };
    return { status: 'over', outcome: drop.state === 'exhausted' ? 'sold-out' : 'drop-closed' };
  }

  async #verify(drop: Drop): Promise<void> {
    const { arbiter, book, recover } = this.#parts;
    const present = (await book.fresh(this.#dropId)) ?? drop;
    const standing = await arbiter.standing(this.#dropId);
    const isOlder =
      standing !== undefined && standing.epoch === present.epoch && standing.number < present.lastNumber;
    if (isOlder && present.state === 'open') await recover(present);
    this.#isVerified = true;
  }

  /** Closing in the record and in the arbiter are two steps: whoever comes by makes up the second. */
  async #closeThere(drop: Drop): Promise<void> {
    if (drop.state !== 'closed' || this.#isClosedThere) return;
    await this.#parts.arbiter.close(this.#dropId, drop.epoch);
    this.#isClosedThere = true;
  }
}
