import type { DropId, GrantId, StreamId } from '#contract/ids.ts';
import { dropChangedTopic, dropWakeQueue } from '#contract/internal/drops.ts';
import type { PriceTerm } from '../checkout/index.ts';
import type { Bus } from '../platform/bus.ts';
import { logger } from '../platform/logger.ts';
import type { Outbox } from '../platform/outbox.ts';
import type { StageAct } from '../rooms/index.ts';
import { DropBook } from './book.ts';
import { createClaims } from './claims.ts';
import { couponTerm } from './coupon-term.ts';
import { dropRoutes } from './http.ts';
import { dropMessages, dropsSnapshot } from './live.ts';
import { persistence } from './persist.ts';
import type { Neighbours } from './ports.ts';
import { createRecorder } from './recorder.ts';
import { recovery } from './recovery.ts';
import type {
  BatchRecord,
  ClaimArbiter,
  ClaimLog,
  DropRecord,
  Grant,
  GrantRecord,
  ReceiptSigner,
  ViewerLinks,
} from './store.ts';
import { tellOfDrops } from './tell.ts';
import { dropUseCases } from './usecases.ts';
import { toGrantView } from './views.ts';
import { wallets } from './wallet.ts';

export { dropIdOfGrant } from './core/grant.ts';
export { dropMigrations } from './migrations.ts';
export { dropWakeQueue };

export type DropsParts = Neighbours & {
  arbiter: ClaimArbiter;
  log: ClaimLog;
  record: DropRecord;
  grants: GrantRecord & ViewerLinks;
  batches: BatchRecord;
  signer: ReceiptSigner;
  outbox: Outbox;
  bus: Bus;
  /** How many coupons of one drop one card may pay with; 1 unless told otherwise. */
  perPayer?: number;
};

export type Drops = Awaited<ReturnType<typeof createDrops>>;

/** Timed releases of coupons: never more than the stock, and no answer lost. Disposing waits for what is under way. */
export async function createDrops(parts: DropsParts) {
  const { arbiter, log, record, grants, batches, signer, bus, clock, live } = parts;
  const book = new DropBook(record);
  const changed = async (dropId: DropId): Promise<void> => {
    book.forget(dropId);
    await bus
      .publish(dropChangedTopic, { dropId })
      .catch((fault: unknown) => logger.debug({ err: fault, dropId }, 'copies elsewhere age by themselves'));
  };
  const hearing = await bus.subscribe(dropChangedTopic, ({ dropId }) => book.forget(dropId));

  const useCases = dropUseCases({ ...parts, changed });
  const recorder = createRecorder({
    drops: record,
    grants,
    batches,
    signer,
    lastGranted: (drop) => {
      useCases
        .end(drop, 'last-granted')
        .catch((fault: unknown) => logger.warn({ err: fault, dropId: drop.dropId }, 'the sweeper ends it'));
    },
  });
  const recover = recovery({ arbiter, drops: record, grants, batches, recorder, changed });
  const claims = createClaims({ ...parts, links: grants, recorder, book, recover });
  const held = wallets({ ...parts, book });
  const term: PriceTerm = couponTerm({ ...parts, perPayer: parts.perPayer ?? 1 });
  tellOfDrops(parts);

  /** Once marked it is not said again: a reminder may be missed, never repeated. */
  const tellEnding = async (grant: Grant): Promise<void> => {
    const accountId = await grants.accountOf(grant.viewer);
    if (accountId === undefined) return;
    await live
      .tellPerson(accountId, 'drops.grant-ending', toGrantView(grant, clock.now()))
      .catch((fault: unknown) => logger.warn({ err: fault, grantId: grant.grantId }, 'reminder not told'));
  };

  const act: StageAct = {
    name: 'drops',
    closing: async (streamId) => ((await useCases.openIn(streamId)).length > 0 ? ['closing.drop'] : []),
    async endOfStream(streamId) {
      for (const drop of await useCases.openIn(streamId)) await useCases.end(drop, 'stream-ended');
    },
  };

  return {
    routes: dropRoutes({ ...parts, useCases, claims, wallets: held }),
    messages: dropMessages(claims, book),
    snapshots: [dropsSnapshot({ book, wallets: held, clock })],
    /** Ends the room's drops with the stream; grants live on (S3.21). */
    act,
    /** Coupons at the checkout. */
    term,
    configure: useCases.configure,
    decide: useCases.decide,
    release: useCases.release,
    close: useCases.close,
    claim: claims.claim,
    wallet: held.wallet,
    facts: (streamId: StreamId) => held.facts(streamId),
    /** Takes back an unused coupon: its unit returns to the drop's stock, once. */
    async revoke(grantId: GrantId): Promise<boolean> {
      const grant = (await grants.revoke(grantId)) ?? (await grants.get(grantId));
      if (grant?.state !== 'revoked') return false;
      await record.takeBack(grant.dropId, grantId);
      const drop = await record.get(grant.dropId);
      if (drop) await arbiter.giveBack(grant.dropId, drop.epoch, grantId);
      return true;
    },
    /** Workers, every second: ends drops and coupons whose stored end has come, and reminds of those near it. */
    async sweep(): Promise<number> {
      const closed = await useCases.closeDue();
      if (!clock.isTrusted()) return closed;
      const expired = await grants.expire(clock.now(), 500);
      const reminded = await grants.remind(clock.now(), 500);
      await Promise.all(reminded.map(tellEnding));
      return closed + expired.length + reminded.length;
    },
    /** Workers, every second: records what dead processes had decided. `name` tells recorders apart. */
    persistStream: persistence({ arbiter, log, record, batches, recorder }).persistStream,
    async [Symbol.asyncDispose](): Promise<void> {
      await claims.drain();
      await hearing[Symbol.asyncDispose]();
    },
  };
}
