import type { Redis } from 'ioredis';
import type { Language } from '#contract/identity.ts';
import type { AccountId, PersonId } from '#contract/ids.ts';
import type { LiveMessage } from '../gateway/live/message.ts';
import type { Authorizer } from '../gateway/ports.ts';
import type { Bus } from '../platform/bus.ts';
import type { Clock } from '../platform/clock.ts';
import { rateLimit } from '../platform/rate-limit.ts';
import { ActorCache } from './actor-cache.ts';
import { createAuditLog } from './audit-log.ts';
import { permits } from './core/permits.ts';
import { readDemoSignIns } from './demo.ts';
import { accountRoutes } from './http.ts';
import { placeRoutes } from './http-places.ts';
import { LoginSessions } from './login-sessions.ts';
import { operatorLink } from './operator-link.ts';
import { placeUseCases } from './places.ts';
import { createPseudonyms } from './pseudonyms.ts';
import type { Account, IdentityStore } from './store.ts';
import { createThrottle } from './throttle.ts';
import { accountUseCases } from './usecases.ts';

export { identityMigrations } from './migrations.ts';
export type { IdentityStore } from './store.ts';

/** What others may know of an account. */
export type AccountPublic = { accountId: AccountId; handle: string; language: Language };

export type Identity = ReturnType<typeof createIdentity>;

/** Accounts, login sessions, roles, follows, audit: who is asking, and what they may. */
export function createIdentity(parts: {
  store: IdentityStore;
  /** Caches actors and counts tries; losing it signs nobody out. */
  cache: Redis;
  clock: Clock;
  bus: Bus;
  config: { publicUrl: string; dataDir: string; isDemo: boolean; setupLinkToken: string | undefined };
}) {
  const { store, cache, clock, bus, config } = parts;
  const loginSessions = new LoginSessions({
    store,
    cache: new ActorCache(cache),
    bus,
    clock,
    publicUrl: config.publicUrl,
  });
  const useCases = accountUseCases({ store, loginSessions, throttle: createThrottle(cache), clock });
  const places = placeUseCases({ store, loginSessions, clock });
  const openOperatorLink = operatorLink({ store, roles: places.roles, clock }, config.setupLinkToken);
  const creations = rateLimit(cache, { name: 'creation', tries: 600, seconds: 600 });
  const pseudonym = createPseudonyms(store, () => clock.now());
  const authorizer: Authorizer = { authorize: permits };
  const messages: LiveMessage[] = [];

  return {
    routes: [
      ...accountRoutes({
        store,
        useCases,
        loginSessions,
        creations,
        demoSignIns: () => readDemoSignIns(config),
      }),
      ...placeRoutes({ store, places, openOperatorLink }),
    ],
    messages,
    authenticator: loginSessions,
    authorizer,
    auditLog: createAuditLog(store),
    accounts: {
      async get(accountId: AccountId): Promise<AccountPublic | undefined> {
        const account = await store.accounts.get(accountId);
        return account && publicPart(account);
      },
      many: async (accountIds: readonly AccountId[]): Promise<AccountPublic[]> =>
        (await store.accounts.many(accountIds)).map(publicPart),
    },
    signUp: useCases.signUp,
    /** A login session for a person: the cookie to send back in `Set-Cookie`. For the seed and for tests too. */
    beginLoginSession: (personId: PersonId) => loginSessions.begin(personId, { kind: 'anyone' }),
    roles: places.roles,
    channels: places.channels,
    vendors: places.vendors,
    createChannel: places.createChannel,
    createVendor: places.createVendor,
    follow: places.follow,
    follows: places.follows,
    pseudonym,
    /** Forgets ended login sessions; run now and then by workers. */
    sweep: () => loginSessions.sweep(),
  };
}

const publicPart = ({ accountId, handle, language }: Account): AccountPublic => ({
  accountId,
  handle,
  language,
});
