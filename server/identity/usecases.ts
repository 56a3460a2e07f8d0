import { createHash, randomBytes } from 'node:crypto';
import { accept, type Result, refuse, refuseUntil } from '#contract/errors.ts';
import type { Settings, SignUp } from '#contract/identity.ts';
import { AccountId, GuestId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import { foldHandle } from './core/handle.ts';
import { isTooCommon } from './core/password.ts';
import { bytesPerCode, codesPerAccount, readCode, writeCode } from './core/recovery-code.ts';
import type { LoginSessions } from './login-sessions.ts';
import { fitsPassword, hashPassword } from './passwords.ts';
import type { Account, IdentityStore } from './store.ts';
import type { Throttle } from './throttle.ts';

type Parts = { store: IdentityStore; loginSessions: LoginSessions; throttle: Throttle; clock: Clock };

const hashCode = (code: string): string => createHash('sha256').update(code).digest('base64url');

/** The ways in: signing up, signing in, recovering, being a guest. */
export function accountUseCases({ store, loginSessions, throttle, clock }: Parts) {
  return {
    /** Makes an account; its recovery codes are in this answer and nowhere else. */
    async signUp({
      handle,
      password,
      ...registration
    }: SignUp): Promise<
      Result<{ account: Account; recoveryCodes: string[] }, 'handle-taken' | 'password-too-common'>
    > {
      if (isTooCommon(password, handle)) return refuse('password-too-common');
      const accountId = newId(AccountId, 'acc');
      const createdAt = new Date(clock.now());
      if (!(await store.accounts.claimHandle(foldHandle(handle), accountId, createdAt)))
        return refuse('handle-taken');
      const recoveryCodes = Array.from({ length: codesPerAccount }, () =>
        writeCode(randomBytes(bytesPerCode)),
      );
      const account: Account = {
        accountId,
        handle,
        email: registration.email,
        region: registration.region,
        language: registration.language ?? 'en',
        contact: registration.contact ?? { email: false, push: false },
        passwordHash: await hashPassword(password),
        recoveryCodeHashes: recoveryCodes.map(hashCode),
        createdAt,
      };
      await store.accounts.insert(account);
      return accept({ account, recoveryCodes });
    },

    /** Finds the account that handle and password prove; slow for whoever has tried too often. */
    async signIn(
      { handle, password }: { handle: string; password: string },
      address: string,
    ): Promise<Result<Account, 'wrong-credentials' | 'slowed-down'>> {
      const folded = foldHandle(handle);
      const waitMs = await throttle.begin(folded, address);
      if (waitMs > 0) return refuseUntil('slowed-down', waitMs);
      const account = await store.accounts.byHandle(folded);
      if (!(await fitsPassword(account?.passwordHash, password)) || account === undefined)
        return refuse('wrong-credentials');
      await throttle.succeeded(folded, address);
      return accept(account);
    },

    /** Uses up a recovery code: sets the password, and signs every device out. */
    async recover(
      { handle, recoveryCode, password }: { handle: string; recoveryCode: string; password: string },
      address: string,
    ): Promise<Result<Account, 'wrong-credentials' | 'slowed-down' | 'password-too-common'>> {
      const folded = foldHandle(handle);
      if (isTooCommon(password, handle)) return refuse('password-too-common');
      const waitMs = await throttle.begin(folded, address);
      if (waitMs > 0) return refuseUntil('slowed-down', waitMs);
      const [account, passwordHash] = await Promise.all([
        store.accounts.byHandle(folded),
        hashPassword(password),
      ]);
      const codeHash = hashCode(readCode(recoveryCode));
      if (!account || !(await store.accounts.recover(account.accountId, codeHash, passwordHash)))
        return refuse('wrong-credentials');
      await throttle.succeeded(folded, address);
      await loginSessions.endAllOf(account.accountId);
      return accept((await store.accounts.get(account.accountId)) ?? account);
    },

    /** A login session for somebody without an account; who holds one already keeps it. */
    async beGuest(actor: Actor): Promise<{ guestId: GuestId; cookie: string | undefined }> {
      if (actor.kind === 'guest') return { guestId: actor.guestId, cookie: undefined };
      const guestId = newId(GuestId, 'gst');
      const { cookie } = await loginSessions.begin(guestId, actor);
      return { guestId, cookie };
    },

    async changeSettings(accountId: AccountId, settings: Settings): Promise<Account | undefined> {
      const given = Object.entries(settings).filter(([, value]) => value !== undefined);
      return store.accounts.change(accountId, Object.fromEntries(given));
    },
  };
}
export type AccountUseCases = ReturnType<typeof accountUseCases>;
