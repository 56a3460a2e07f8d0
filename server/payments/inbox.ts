import type { ServiceEvent } from './service.ts';

/** After so many tries that failed by its own fault an event is swept no more. */
export const triesBeforeAside = 5;

/** Signed events: stored first, answered, then handled once each. Payloads are not kept; objects are fetched anew. */
export interface WebhookInbox {
  keep(event: ServiceEvent, receivedAt: Date): Promise<'new' | 'known'>;
  /** Which of these events were kept before. */
  known(eventIds: readonly string[]): Promise<Set<string>>;
  /** Undefined: never kept. */
  find(eventId: string): Promise<(ServiceEvent & { isHandled: boolean }) | undefined>;
  markHandled(eventId: string, at: Date): Promise<void>;
  /**
   * Counts a try that failed. An event that is at fault itself is set aside after {@link triesBeforeAside} of them, so
   * that the rest flows; nothing is counted while a part is away or another process is at work (a `Fault`).
   */
  markFailed(eventId: string, fault: string, by: { isItsOwn: boolean }): Promise<void>;
  /** Events kept before an instant, not handled and not set aside, oldest first. */
  waiting(before: Date, limit: number): Promise<string[]>;
}
