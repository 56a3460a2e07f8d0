import { type DropsSnapshot, dropsLive } from '#contract/drops.ts';
import { refuse } from '#contract/errors.ts';
import { type LiveMessage, message } from '../gateway/live/message.ts';
import type { SnapshotPart } from '../gateway/ports.ts';
import type { Clock } from '../platform/clock.ts';
import type { DropBook } from './book.ts';
import type { Claims } from './claims.ts';
import type { Drop } from './core/drop.ts';
import { toDropView } from './views.ts';
import type { Wallets } from './wallet.ts';

/** What browsers send about drops. */
export function dropMessages(claims: Claims, book: DropBook): LiveMessage[] {
  return [
    message(dropsLive, 'drops.claim', {
      action: 'drop.claim',
      pace: { perSecond: 5, burst: 10 },
      async handle({ actor, streamId }, { dropId, key }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        // A drop belongs to one room: elsewhere there is no such drop.
        if ((await book.get(dropId))?.streamId !== streamId) return refuse('not-found');
        return claims.claim(actor, dropId, key);
      },
    }),
  ];
}

/** The open drop of a room, else the one that ended last, and what the viewer holds. */
export function dropsSnapshot(parts: { book: DropBook; wallets: Wallets; clock: Clock }): SnapshotPart {
  const { book, wallets, clock } = parts;
  return {
    name: 'drops',
    async load(streamId, actor): Promise<DropsSnapshot> {
      const drop = shownDrop(await book.ofStream(streamId));
      const held = actor.kind === 'account' ? await wallets.ofStream(actor.accountId, streamId) : [];
      return {
        serverNow: clock.now(),
        drop: drop ? toDropView(drop) : null,
        grant: held.find(({ dropId }) => dropId === drop?.dropId) ?? null,
        usable: held.filter(({ state }) => state === 'granted' || state === 'reserved'),
      };
    },
  };
}

function shownDrop(drops: readonly Drop[]): Drop | undefined {
  const open = drops.find(({ state }) => state === 'open');
  return (
    open ??
    drops
      .filter(({ closedAt }) => closedAt !== undefined)
      .sort(byEnd)
      .at(-1)
  );
}

const byEnd = (one: Drop, other: Drop): number => (one.closedAt ?? 0) - (other.closedAt ?? 0);
