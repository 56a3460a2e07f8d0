import { z } from 'zod';
import { CloseReason } from '../drops.ts';
import { DropId, StreamId } from '../ids.ts';

const DropFact = z.object({ dropId: DropId, streamId: StreamId });

/** What drops tell through the outbox. */
export const dropsEvents = {
  /** A draft or an approval changed: desks read again. */
  changed: { type: 'drops.changed', schema: DropFact },
  opened: { type: 'drops.opened', schema: DropFact },
  ended: { type: 'drops.ended', schema: DropFact.extend({ reason: CloseReason }) },
} as const;

/** Said between processes when a drop's document changed: whoever keeps a copy reads it again. */
export const dropChangedTopic = { name: 'drops:changed', schema: z.object({ dropId: DropId }) } as const;

/** Wakes the sweeper at the end of a claim window; the stored instant decides. */
export const dropWakeQueue = { name: 'drops-wake', schema: z.object({ dropId: DropId }) } as const;
