import { triesBeforeAside, type WebhookInbox } from './inbox.ts';
import type { ServiceEvent } from './service.ts';

type Row = ServiceEvent & { receivedAt: Date; isHandled: boolean; tries: number };

/** The inbox of one process, for tests without a record. */
export function memoryInbox(): WebhookInbox {
  const rows = new Map<string, Row>();
  return {
    async keep(event, receivedAt) {
      if (rows.has(event.eventId)) return 'known';
      rows.set(event.eventId, { ...event, receivedAt, isHandled: false, tries: 0 });
      return 'new';
    },
    known: async (eventIds) => new Set(eventIds.filter((eventId) => rows.has(eventId))),
    async find(eventId) {
      const row = rows.get(eventId);
      return row && { ...row };
    },
    async markHandled(eventId) {
      const row = rows.get(eventId);
      if (row) row.isHandled = true;
    },
    async markFailed(eventId, _fault, { isItsOwn }) {
      const row = rows.get(eventId);
      if (row && isItsOwn) row.tries += 1;
    },
    waiting: async (before, limit) =>
      [...rows.values()]
        .filter(
          ({ isHandled, receivedAt, tries }) => !isHandled && tries < triesBeforeAside && receivedAt < before,
        )
        .slice(0, limit)
        .map(({ eventId }) => eventId),
  };
}
