import type { Actor } from '#contract/permissions.ts';
import type { AuditLog } from '../gateway/ports.ts';
import { keyOf } from './core/roles.ts';
import type { AuditEntry, IdentityStore } from './store.ts';

/** Writes down who did what: one entry for a request and action, however often it is handed over. */
export function createAuditLog(store: IdentityStore): AuditLog {
  return {
    async append({ action, actor, requestId, at, object, before, after }) {
      const auditId = `${requestId}:${action}`;
      await store.audit.append({ auditId, action, ...whoIs(actor), requestId, at, object, before, after });
    },
  };
}

function whoIs(actor: Actor): Pick<AuditEntry, 'actorKind' | 'actorId' | 'handle' | 'roles'> {
  const actorKind = actor.kind;
  switch (actor.kind) {
    case 'account':
      return { actorKind, actorId: actor.accountId, handle: actor.handle, roles: actor.roles.map(keyOf) };
    case 'guest':
      return { actorKind, actorId: actor.guestId, roles: [] };
    case 'service':
      return { actorKind, actorId: actor.name, roles: [] };
    case 'anyone':
      return { actorKind, roles: [] };
  }
}
