import type { IncomingMessage } from 'node:http';
import type { PersonId, StreamId } from '#contract/ids.ts';
import type { Action, Actor, Scope } from '#contract/permissions.ts';

/** Who is behind a request, from its cookie; never throws for a bad one: that is `anyone`. */
export interface Authenticator {
  authenticate(request: IncomingMessage): Promise<Actor>;
}

/** Whether an actor may; the answer says what would help. */
export interface Authorizer {
  authorize(actor: Actor, action: Action, scope: Scope): 'allowed' | 'sign-in-required' | 'forbidden';
}

/** Where audit entries go: append-only. */
export interface AuditLog {
  append(entry: {
    action: Action;
    actor: Actor;
    requestId: string;
    at: Date;
    object?: string;
    before?: unknown;
    after?: unknown;
  }): Promise<void>;
}

/** A part of what a late joiner or a resync gets, by name; `load` reads present truth. */
export interface SnapshotPart {
  name: string;
  load(streamId: StreamId, actor: Actor): Promise<unknown>;
}

/** Told of sockets in rooms; rooms counts presence from it. */
export interface PresenceSink {
  /** Whether this room may be entered by this actor; a refusal says why. */
  mayEnter(streamId: StreamId, actor: Actor): Promise<'yes' | 'not-found' | 'room-closed'>;
  entered(visit: Visit): void;
  /** Called for every open visit about every 5 s, batched. */
  heard(visits: readonly Visit[]): Promise<void>;
  left(visit: Visit): void;
}

/** One socket's stay in one room. `viewerId` is the account, the guest, or the viewing session of nobody known. */
export type Visit = {
  streamId: StreamId;
  viewerId: PersonId | string;
  viewingSessionId: string;
  since: number;
};

/** The person of an actor, where there is one. */
export function personOf(actor: Actor): PersonId | undefined {
  if (actor.kind === 'account') return actor.accountId;
  return actor.kind === 'guest' ? actor.guestId : undefined;
}
