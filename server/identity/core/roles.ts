import type { Actor, RoleGrant } from '#contract/permissions.ts';

/** What names a grant: its role and where it holds. Two delegate grants of one channel are one grant. */
export function keyOf(grant: RoleGrant): string {
  switch (grant.role) {
    case 'host':
    case 'delegate':
      return `${grant.role}:${grant.channelId}`;
    case 'vendor':
    case 'agent':
      return `${grant.role}:${grant.vendorId}`;
    case 'analyst':
    case 'operator':
      return grant.role;
  }
}

/** The grants with one added; one of the same key is replaced. */
export function withGrant(held: readonly RoleGrant[], grant: RoleGrant): RoleGrant[] {
  return [...withoutGrant(held, grant), grant];
}

export function withoutGrant(held: readonly RoleGrant[], grant: RoleGrant): RoleGrant[] {
  return held.filter((one) => keyOf(one) !== keyOf(grant));
}

/** Whether an actor may give or take this very role: hosts appoint delegates, vendors agents, operators anybody. */
export function mayAppoint(actor: Actor, grant: RoleGrant): boolean {
  if (actor.kind !== 'account') return false;
  return actor.roles.some((own) => {
    if (own.role === 'operator') return true;
    if (own.role === 'host') return grant.role === 'delegate' && grant.channelId === own.channelId;
    return own.role === 'vendor' && grant.role === 'agent' && grant.vendorId === own.vendorId;
  });
}
