import type { DropDeskView } from '#contract/drops.ts';
import type { StreamState } from '#contract/rooms.ts';
import { m } from '../../paraglide/messages.js';

const streamStates: Record<StreamState, () => string> = {
  scheduled: m.studio_state_scheduled,
  live: m.live_badge,
  ended: m.ended_badge,
  replay: m.studio_state_replay,
};

/** A stream's state in words. */
export const streamStateWords = (state: StreamState): string => streamStates[state]();

/** Minutes as words: minutes under an hour, else hours or days. */
export function spanWords(minutes: number): string {
  if (minutes < 1) return m.staff_seconds({ count: Math.round(minutes * 60) });
  if (minutes < 60) return m.staff_minutes({ count: minutes });
  if (minutes < 1440) return m.staff_hours({ count: minutes / 60 });
  return m.staff_days({ count: minutes / 1440 });
}

/** What a drop waits for before it can be released; empty when for nothing. */
export function waitingWords({ approvals }: Pick<DropDeskView, 'approvals'>): string {
  if (approvals.some(({ state }) => state === 'refused')) return m.drop_desk_refused();
  return approvals.some(({ state }) => state === 'asked') ? m.drop_desk_waits() : '';
}
