import { createHash, timingSafeEqual } from 'node:crypto';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { AccountId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import type { Clock } from '../platform/clock.ts';
import type { PlaceUseCases } from './places.ts';
import type { IdentityStore } from './store.ts';

type Opened = { before: RoleGrant[]; after: RoleGrant[] };

/** The one-time link that makes the first operator: whoever opens it first, signed in, is it. */
export function operatorLink(
  { store, roles, clock }: { store: IdentityStore; roles: PlaceUseCases['roles']; clock: Clock },
  secret: string | undefined,
) {
  return async (token: string, accountId: AccountId): Promise<Result<Opened, 'not-found' | 'link-used'>> => {
    if (secret === undefined || !timingSafeEqual(hashOf(token), hashOf(secret))) return refuse('not-found');
    const linkHash = hashOf(secret).toString('base64url');
    const user = await store.useOperatorLink(linkHash, accountId, new Date(clock.now()));
    if (user !== accountId) return refuse('link-used');
    // A repeat by the same account ends what a crash between the two writes left half done.
    return accept(await roles.grant(accountId, { role: 'operator' }));
  };
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
