import { createHmac } from 'node:crypto';
import type { PersonId } from '#contract/ids.ts';
import { newSecret } from '../platform/ids.ts';
import type { IdentityStore } from './store.ts';

const kept = 50_000;
const keptMs = 60_000;

/**
 * Names people in logs, receipts and exports: HMAC-SHA-256 of the scope under a key of the person alone. Without the
 * key, which erasure destroys, a pseudonym leads nowhere, and those of two scopes can't be joined.
 */
export function createPseudonyms(store: IdentityStore, now: () => number) {
  const keys = new Map<PersonId, { key: Promise<string>; until: number }>();
  const keyOf = (personId: PersonId): Promise<string> => {
    const known = keys.get(personId);
    if (known && now() < known.until) return known.key;
    if (keys.size >= kept) keys.clear();
    const key = store.pseudonymKey(personId, newSecret());
    keys.set(personId, { key, until: now() + keptMs });
    key.catch(() => keys.delete(personId));
    return key;
  };
  /** 22 characters of base64url, always the same for one person in one scope. */
  return async (personId: PersonId, scope: string): Promise<string> =>
    createHmac('sha256', await keyOf(personId))
      .update(scope)
      .digest('base64url')
      .slice(0, 22);
}
