import { dropsEvents } from '#contract/internal/drops.ts';
import type { Outbox } from '../platform/outbox.ts';
import type { Drop } from './core/drop.ts';
import type { Neighbours } from './ports.ts';
import type { DropRecord } from './store.ts';
import { toDropView } from './views.ts';

type Parts = Pick<Neighbours, 'rooms' | 'live' | 'identity'> & { record: DropRecord; outbox: Outbox };

/** Acts on what the drops' documents tell: the room, the timeline, the desks. Repeats do no harm. */
export function tellOfDrops({ rooms, live, identity, record, outbox }: Parts): void {
  const tellDesks = async ({ dropId, streamId, channelId, vendorIds }: Drop): Promise<void> => {
    const holders = await Promise.all([
      identity.roles.holdersOf({ role: 'host', channelId }),
      identity.roles.holdersOf({ role: 'delegate', channelId, permissions: ['drop'] }),
      ...vendorIds.map((vendorId) => identity.roles.holdersOf({ role: 'vendor', vendorId })),
    ]);
    const people = [...new Set(holders.flat())];
    await Promise.all(people.map((one) => live.tellPerson(one, 'drops.desk-changed', { dropId, streamId })));
  };

  outbox.subscribe(dropsEvents.changed, 'drops.desks', async ({ dropId }) => {
    const drop = await record.get(dropId);
    if (drop) await tellDesks(drop);
  });

  outbox.subscribe(dropsEvents.opened, 'drops.room', async ({ dropId, streamId }, { id, at }) => {
    const drop = await record.get(dropId);
    if (!drop) return;
    // Late word of a drop that is over by now would bring its card back.
    if (drop.state === 'open')
      await live.tellRoom(streamId, [{ kind: 'durable', t: 'drops.opened', d: toDropView(drop) }]);
    const { title, stock, amountOff } = drop;
    const data = { dropId, title, stock, amountOff };
    await rooms.timeline.append(streamId, { id, at, kind: 'drop-opened', data });
    await tellDesks(drop);
  });

  outbox.subscribe(dropsEvents.ended, 'drops.room', async ({ dropId, streamId, reason }, { id, at }) => {
    const drop = await record.get(dropId);
    if (!drop) return;
    const t = drop.state === 'exhausted' ? 'drops.exhausted' : 'drops.closed';
    await live.tellRoom(streamId, [{ kind: 'durable', t, d: toDropView(drop) }]);
    const data = { dropId, title: drop.title, reason, granted: drop.stock - drop.left };
    await rooms.timeline.append(streamId, { id, at, kind: 'drop-closed', data });
    await tellDesks(drop);
  });
}
