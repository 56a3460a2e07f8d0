import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
import { AccountId, GuestId, LoginSessionId, type PersonId } from '#contract/ids.ts';
import { identityChanged, identityEnded } from '#contract/internal/bus.ts';
import type { Actor } from '#contract/permissions.ts';
import type { Authenticator } from '../gateway/ports.ts';
import type { Bus } from '../platform/bus.ts';
import type { Clock } from '../platform/clock.ts';
import { Fault } from '../platform/fault.ts';
import { newSecret } from '../platform/ids.ts';
import type { ActorCache } from './actor-cache.ts';
import {
  absoluteLimitMs,
  idleLimitMs,
  isAlive,
  type LoginSession,
  needsTouch,
} from './core/login-session.ts';
import type { IdentityStore } from './store.ts';

const anyone: Actor = { kind: 'anyone' };

type Parts = { store: IdentityStore; cache: ActorCache; bus: Bus; clock: Clock; publicUrl: string };

/** Begins, recognises and ends login sessions: a cookie with 256 random bits, of which the record keeps the hash. */
export class LoginSessions implements Authenticator {
  readonly #parts: Parts;
  readonly #isSecure: boolean;
  /** `__Host-` cookies exist on https only. */
  readonly cookieName: string;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#isSecure = parts.publicUrl.startsWith('https:');
    this.cookieName = this.#isSecure ? '__Host-sid' : 'sid';
  }

  async authenticate(request: Pick<IncomingMessage, 'headers'>): Promise<Actor> {
    const token = parseCookie(request.headers.cookie ?? '')[this.cookieName];
    if (token === undefined || !/^[\w-]{43}$/.test(token)) return anyone;
    return this.#actorOf(idOf(token));
  }

  /** A new login session under a new id; the one the browser held before is over. Answers its cookie. */
  async begin(
    personId: PersonId,
    formerly: Actor,
  ): Promise<{ loginSessionId: LoginSessionId; cookie: string }> {
    const { store, clock } = this.#parts;
    const token = newSecret();
    const now = clock.now();
    const loginSessionId = idOf(token);
    await store.loginSessions.insert({ loginSessionId, personId, createdAt: now, lastSeenAt: now });
    if (formerly.kind === 'guest' || formerly.kind === 'account') await this.#forget(formerly);
    return { loginSessionId, cookie: this.#cookie(token, absoluteLimitMs / 1000) };
  }

  /** Signs this device out: the next request is nobody's, and its sockets close. */
  async end(actor: Actor & { kind: 'guest' | 'account' }): Promise<{ cookie: string }> {
    await this.#forget(actor);
    const { loginSessionId } = actor;
    await this.#parts.bus.publish(identityEnded, { loginSessionId, reason: 'signed-out' });
    return { cookie: this.#cookie('', 0) };
  }

  /** Signs every device of an account out. */
  async endAllOf(accountId: AccountId): Promise<{ cookie: string }> {
    await this.#parts.store.loginSessions.removeAllOf(accountId);
    await this.#invalidate(accountId);
    await this.#parts.bus.publish(identityEnded, { accountId, reason: 'signed-out' });
    return { cookie: this.#cookie('', 0) };
  }

  /** Roles or handle changed: every process reads them anew at the next request or message. */
  async changed(accountId: AccountId): Promise<void> {
    await this.#invalidate(accountId);
    await this.#parts.bus.publish(identityChanged, { accountId });
  }

  /** Forgets login sessions past their limits; answers how many. */
  async sweep(): Promise<number> {
    const now = this.#parts.clock.now();
    const limits = { seenBefore: now - idleLimitMs, begunBefore: now - absoluteLimitMs };
    return this.#parts.store.loginSessions.removeEnded(limits);
  }

  async #forget(actor: Actor & { kind: 'guest' | 'account' }): Promise<void> {
    await this.#parts.store.loginSessions.remove(actor.loginSessionId);
    await this.#invalidate(actor.kind === 'account' ? actor.accountId : actor.guestId);
  }

  async #invalidate(personId: PersonId): Promise<void> {
    try {
      await this.#parts.cache.invalidate(personId);
    } catch (cause) {
      throw new Fault('not-known-yet', 'the record changed, the cache could not be told', { cause });
    }
  }

  async #actorOf(loginSessionId: LoginSessionId): Promise<Actor> {
    const { store, cache, clock } = this.#parts;
    const now = clock.now();
    const cached = await cache.read(loginSessionId, now);
    if (cached) return cached;
    const first = await store.loginSessions.get(loginSessionId);
    if (first === undefined || !isAlive(first, now)) return anyone;
    const { personId } = first;
    const epoch = await cache.epochOf(personId);
    // What stands now was not changed before the epoch was read: read again, in that order.
    const session = await store.loginSessions.get(loginSessionId);
    if (session === undefined) return anyone;
    const actor = await this.#read(session);
    if (needsTouch(session, now)) await store.loginSessions.touch(loginSessionId, now);
    const aliveUntil = Math.min(session.createdAt + absoluteLimitMs, now + idleLimitMs);
    if (epoch) await cache.write(loginSessionId, { epoch, personId, aliveUntil, actor });
    return actor;
  }

  async #read({ loginSessionId, personId }: LoginSession): Promise<Actor> {
    const guest = GuestId.safeParse(personId);
    if (guest.success) return { kind: 'guest', guestId: guest.data, loginSessionId };
    const accountId = AccountId.parse(personId);
    const { store } = this.#parts;
    const [account, roles] = await Promise.all([store.accounts.get(accountId), store.roles.of(accountId)]);
    if (account === undefined) return anyone;
    return { kind: 'account', accountId, handle: account.handle, loginSessionId, roles };
  }

  #cookie(value: string, maxAge: number): string {
    return stringifySetCookie({
      name: this.cookieName,
      value,
      maxAge,
      path: '/',
      httpOnly: true,
      secure: this.#isSecure,
      sameSite: 'lax',
    });
  }
}

const idOf = (token: string): LoginSessionId =>
  LoginSessionId.parse(`login_${createHash('sha256').update(token).digest('base64url')}`);
