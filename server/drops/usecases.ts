import { createHash } from 'node:crypto';
import type { CloseReason, DropForm } from '#contract/drops.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { type AccountId, DropId, type StreamId, type VendorId } from '#contract/ids.ts';
import { dropsEvents, dropWakeQueue } from '#contract/internal/drops.ts';
import { logger } from '../platform/logger.ts';
import { outboxEvent } from '../platform/outbox.ts';
import { approvalsFor, checkForm, checkRelease, type Drop } from './core/drop.ts';
import type { Neighbours } from './ports.ts';
import { startEpoch } from './recovery.ts';
import type { ClaimArbiter, DropRecord } from './store.ts';

type Parts = Neighbours & {
  arbiter: ClaimArbiter;
  record: DropRecord;
  changed(dropId: DropId): Promise<void>;
};

export type DropUseCases = ReturnType<typeof dropUseCases>;

/** Preparing, approving, releasing and ending drops. */
export function dropUseCases(parts: Parts) {
  const { arbiter, record, rooms, catalog, identity, clock, queues, config, changed } = parts;

  /** Says it to everybody who keeps a copy, and lets the document's events out. */
  const publish = async (drop: Drop): Promise<Drop> => {
    await changed(drop.dropId);
    await record.relay(drop.dropId);
    return drop;
  };

  const eventOf = <Name extends 'changed' | 'opened'>(name: Name, { dropId, streamId }: Drop) =>
    outboxEvent(dropsEvents[name], { dropId, streamId }, new Date(clock.now()));

  /** The vendors among these that the host of a channel acts for. */
  const ownedBy = async (channelId: Drop['channelId'], vendorIds: readonly VendorId[]) => {
    const owner = (await identity.channels.get(channelId))?.ownerId;
    const hosts = new Set(await identity.roles.holdersOf({ role: 'host', channelId }));
    if (owner) hosts.add(owner);
    const owned = await Promise.all(
      vendorIds.map(async (vendorId) => {
        const people = await identity.roles.holdersOf({ role: 'vendor', vendorId });
        return people.some((accountId) => hosts.has(accountId)) ? [vendorId] : [];
      }),
    );
    return new Set(owned.flat());
  };

  /** Ends an open drop, once; undefined when somebody else has. Grants stay as they are. */
  const end = async (drop: Drop, reason: CloseReason): Promise<Drop | undefined> => {
    const { dropId, streamId } = drop;
    const state = reason === 'last-granted' ? 'exhausted' : 'closed';
    if (state === 'closed')
      // Where the arbiter is out of reach, the first claim that meets the closed record closes it there.
      await arbiter
        .close(dropId, drop.epoch)
        .catch((fault: unknown) => logger.warn({ err: fault, dropId }, 'drop not closed in the arbiter yet'));
    const at = clock.now();
    const event = outboxEvent(dropsEvents.ended, { dropId, streamId, reason }, new Date(at));
    const ended = await record.end(dropId, { state, reason, at }, event);
    if (ended === undefined) return undefined;
    await record.leavePlace(streamId, dropId);
    return publish(ended);
  };

  /** Takes the room's one place, also from a drop that ended or never got to open. */
  const takePlace = async ({ streamId, dropId }: Drop): Promise<boolean> => {
    const holderId = await record.takePlace(streamId, dropId);
    if (holderId === dropId) return true;
    const holder = await record.get(holderId);
    if (holder?.state === 'draft') await record.fenceRelease(holderId, holder.version);
    const present = await record.get(holderId);
    if (present?.state === 'open') {
      const isOver = (present.closesAt ?? 0) <= clock.now();
      if (!isOver || !(await end(present, 'window-over'))) return false;
      return (await record.takePlace(streamId, dropId)) === dropId;
    }
    return record.passPlace(streamId, holderId, dropId);
  };

  return {
    /** Prepares a drop (S3.1). The same `key` of the same account prepares it once. */
    async configure(
      { accountId, isOperator }: { accountId: AccountId; isOperator: boolean },
      streamId: StreamId,
      form: DropForm,
      key: string,
    ): Promise<
      Result<
        Drop,
        | 'not-found'
        | 'wrong-stream-state'
        | 'not-your-drop'
        | 'currency-mismatch'
        | 'invalid-request'
        | 'forbidden'
        | 'key-reused'
      >
    > {
      const stream = await rooms.streams.get(streamId);
      if (!stream) return refuse('not-found');
      if (stream.state !== 'scheduled' && stream.state !== 'live') return refuse('wrong-stream-state');
      const validity =
        form.validity.kind === 'until'
          ? ({ kind: 'until', endsAt: Date.parse(form.validity.endsAt) } as const)
          : form.validity;
      const showcase = new Set(await rooms.showcase.of(streamId));
      const { currency, channelId } = stream;
      const room = { showcase, currency, limitMs: config.dropLimitMs, now: clock.now(), isOperator };
      const checked = checkForm({ ...form, validity }, room);
      if (!checked.ok) return checked;
      const productIds = [...new Set(form.productIds)];
      const goods = await catalog.products.many(productIds);
      if (goods.length !== productIds.length) return refuse('not-your-drop');
      const vendorIds = [...new Set(goods.map(({ vendorId }) => vendorId))];
      const drop: Drop = {
        dropId: dropIdFor(accountId, key),
        ...{ streamId, channelId, productIds, vendorIds, validity },
        title: form.title,
        amountOff: form.coupon.amountOff,
        minimumSpend: form.minimumSpend,
        stock: form.stock,
        perViewer: form.perViewer,
        claimWindowMs: form.claimWindowMs,
        funders: form.funders,
        approvals: approvalsFor(goods, await ownedBy(channelId, vendorIds)),
        ...{ state: 'draft', version: 1, rules: 1, epoch: 0, left: form.stock, lastNumber: 0 },
        configuredBy: accountId,
      };
      await record.insert(drop, eventOf('changed', drop));
      const kept = await record.get(drop.dropId);
      if (kept?.streamId !== streamId || kept.title !== drop.title) return refuse('key-reused');
      return accept(await publish(kept));
    },

    /** A vendor's word on a drop on its goods (M-V4); taking it back ends an open drop for new claims only. */
    async decide(
      dropId: DropId,
      vendorId: VendorId,
      decision: 'approved' | 'refused',
    ): Promise<Result<Drop, 'not-found' | 'conflict'>> {
      const drop = await record.get(dropId);
      if (!drop?.vendorIds.includes(vendorId)) return refuse('not-found');
      const approvals = drop.approvals.map((one) =>
        one.vendorId === vendorId ? { vendorId, state: decision } : one,
      );
      const decided = await record.approve(dropId, drop.version, approvals, eventOf('changed', drop));
      if (!decided) return refuse('conflict');
      if (decided.state === 'open' && decision === 'refused')
        return accept((await end(decided, 'approval-withdrawn')) ?? decided);
      return accept(await publish(decided));
    },

    /** Opens a prepared drop (S3.18): approved, goods in the showcase, on air, and no other open in the room. */
    async release(
      dropId: DropId,
    ): Promise<
      Result<
        Drop,
        | 'not-found'
        | 'drop-not-ready'
        | 'wrong-stream-state'
        | 'not-in-showcase'
        | 'conflict'
        | 'drop-open-already'
      >
    > {
      const drop = await record.get(dropId);
      const stream = drop && (await rooms.streams.get(drop.streamId));
      if (!drop || !stream) return refuse('not-found');
      const showcase = new Set(await rooms.showcase.of(drop.streamId));
      const openedAt = await arbiter.now();
      const checked = checkRelease(drop, { isLive: stream.state === 'live', showcase, now: openedAt });
      if (!checked.ok) return checked;
      if (!(await takePlace(drop))) return refuse('drop-open-already');
      const closesAt = openedAt + drop.claimWindowMs;
      const opened = await record.open(dropId, drop.version, { openedAt, closesAt }, eventOf('opened', drop));
      if (!opened) return refuse('conflict');
      // A process that dies here leaves an open drop without fast state: the first claim makes it.
      await startEpoch(arbiter, opened, []);
      await queues
        .add(dropWakeQueue, { dropId }, { key: `${dropId}-close`, delayMs: drop.claimWindowMs })
        .catch((fault: unknown) =>
          logger.warn({ err: fault, dropId }, 'nobody woken: the sweeper looks anyway'),
        );
      return accept(await publish(opened));
    },

    /** Ends an open drop before its time (S3.16). */
    async close(dropId: DropId): Promise<Result<Drop, 'not-found' | 'drop-not-open'>> {
      const drop = await record.get(dropId);
      if (!drop) return refuse('not-found');
      const ended = drop.state === 'open' ? await end(drop, 'ended-early') : undefined;
      return ended ? accept(ended) : refuse('drop-not-open');
    },

    end,

    /** Ends every drop whose window is over or whose last coupon is granted. Rests while the clock is off. */
    async closeDue(): Promise<number> {
      if (!clock.isTrusted()) return 0;
      const due = await record.due(clock.now());
      for (const drop of due) await end(drop, drop.left === 0 ? 'last-granted' : 'window-over');
      return due.length;
    },

    /** Open drops of a stream. */
    async openIn(streamId: StreamId): Promise<Drop[]> {
      return (await record.ofStream(streamId)).filter(({ state }) => state === 'open');
    },
  };
}

const dropIdFor = (accountId: AccountId, key: string): DropId =>
  DropId.parse(`drop_${createHash('sha256').update(`${accountId}:${key}`).digest('hex').slice(0, 32)}`);
