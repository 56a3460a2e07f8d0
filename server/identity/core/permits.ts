import {
  type Action,
  type Actor,
  permissions,
  type RoleGrant,
  type Scope,
  type Who,
} from '#contract/permissions.ts';

export type Verdict = 'allowed' | 'sign-in-required' | 'forbidden';

/**
 * Whether an actor may do an action in a scope, by the permission table alone. A refusal says what would help:
 * signing in (or becoming a guest), or nothing.
 */
export function permits(actor: Actor, action: Action, scope: Scope): Verdict {
  const who: readonly Who[] = permissions[action].who;
  if (who.some((one) => isMet(one, actor, scope))) return 'allowed';
  const couldSignIn = who.some((one) => one !== 'service');
  return couldSignIn && (actor.kind === 'anyone' || actor.kind === 'guest')
    ? 'sign-in-required'
    : 'forbidden';
}

function isMet(who: Who, actor: Actor, scope: Scope): boolean {
  if (who === 'anyone') return true;
  if (who === 'service') return actor.kind === 'service';
  if (who === 'person') return actor.kind === 'guest' || actor.kind === 'account';
  if (actor.kind !== 'account') return false;
  return who === 'account' || actor.roles.some((grant) => reaches(grant, who, scope));
}

function reaches(grant: RoleGrant, who: Who, scope: Scope): boolean {
  switch (grant.role) {
    case 'host':
      return who === 'host' && grant.channelId === scope.channelId;
    case 'delegate':
      return (
        grant.channelId === scope.channelId && grant.permissions.some((given) => who === `delegate:${given}`)
      );
    case 'vendor':
    case 'agent':
      return who === grant.role && grant.vendorId === scope.vendorId;
    case 'analyst':
    case 'operator':
      return who === grant.role;
  }
}
