import type { ServiceEvent } from './service.ts';

/** Signed events: stored first, answered, then handled once each. Payloads are not kept; objects are fetched anew. */
export interface WebhookInbox {
  keep(event: ServiceEvent, receivedAt: Date): Promise<'new' | 'known'>;
  /** Which of these events were kept before. */
  known(eventIds: readonly string[]): Promise<Set<string>>;
  /** Undefined: never kept. */
  find(eventId: string): Promise<(ServiceEvent & { isHandled: boolean }) | undefined>;
  markHandled(eventId: string, at: Date): Promise<void>;
  markFailed(eventId: string, fault: string): Promise<void>;
  /** Events kept before an instant and not handled, oldest first. */
  waiting(before: Date, limit: number): Promise<string[]>;
}
