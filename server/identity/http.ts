import { accept, refuse, refuseUntil } from '#contract/errors.ts';
import { DemoSignIns, Me, Recovery, Settings, SignedUp, SignIn, SignUp } from '#contract/identity.ts';
import type { Actor } from '#contract/permissions.ts';
import { type Route, type RouteContext, route } from '../gateway/route.ts';
import { Fault } from '../platform/fault.ts';
import type { RateLimit } from '../platform/rate-limit.ts';
import type { LoginSessions } from './login-sessions.ts';
import type { Account, IdentityStore } from './store.ts';
import { networkOf } from './throttle.ts';
import type { AccountUseCases } from './usecases.ts';

type Parts = {
  store: IdentityStore;
  useCases: AccountUseCases;
  loginSessions: LoginSessions;
  /** New accounts and guests by address. */
  creations: RateLimit;
  demoSignIns: () => ReturnType<typeof import('./demo.ts').readDemoSignIns>;
};

/** Sign-up, sign-in, recovery, sign-out, guests, settings. */
export function accountRoutes({ store, useCases, loginSessions, creations, demoSignIns }: Parts): Route[] {
  const meOf = async (account: Account): Promise<Me> => ({
    kind: 'account',
    accountId: account.accountId,
    handle: account.handle,
    email: account.email,
    region: account.region,
    language: account.language,
    contact: account.contact,
    roles: await store.roles.of(account.accountId),
    recoveryCodesLeft: account.recoveryCodeHashes.length,
    createdAt: account.createdAt.toISOString(),
  });

  const enter = async (context: RouteContext<unknown, unknown, unknown>, account: Account): Promise<Me> => {
    const { cookie } = await loginSessions.begin(account.accountId, context.actor);
    context.header('Set-Cookie', cookie);
    return meOf(account);
  };

  return [
    route({
      method: 'post',
      path: '/accounts',
      action: 'account.sign-up',
      summary: 'Sign up with a handle and a password; answers the recovery codes, this once.',
      body: SignUp,
      reply: SignedUp,
      status: 201,
      async handle(context) {
        const waitMs = await creations.take(networkOf(context.address));
        if (waitMs > 0) return refuseUntil('too-many-requests', waitMs);
        const made = await useCases.signUp(context.body);
        if (!made.ok) return made;
        const { account, recoveryCodes } = made.value;
        return accept({ me: await enter(context, account), recoveryCodes });
      },
    }),
    route({
      method: 'post',
      path: '/login-sessions',
      action: 'account.sign-in',
      summary: 'Sign in; the login session that the browser held before is over.',
      body: SignIn,
      reply: Me,
      status: 201,
      async handle(context) {
        const proven = await useCases.signIn(context.body, context.address);
        return proven.ok ? accept(await enter(context, proven.value)) : proven;
      },
    }),
    route({
      method: 'post',
      path: '/recoveries',
      action: 'account.recover',
      summary:
        'Open an account with a recovery code: sets the password, signs out everywhere, signs in here.',
      body: Recovery,
      reply: Me,
      status: 201,
      async handle(context) {
        const proven = await useCases.recover(context.body, context.address);
        return proven.ok ? accept(await enter(context, proven.value)) : proven;
      },
    }),
    route({
      method: 'post',
      path: '/guest-sessions',
      action: 'account.be-guest',
      summary: 'Become a guest: a login session without an account, asked for before the first purchase.',
      reply: Me,
      status: 201,
      async handle(context) {
        const { actor } = context;
        if (actor.kind === 'account') return accept(await meOf(await accountOf(store, actor)));
        const waitMs = actor.kind === 'guest' ? 0 : await creations.take(networkOf(context.address));
        if (waitMs > 0) return refuseUntil('too-many-requests', waitMs);
        const { guestId, cookie } = await useCases.beGuest(actor);
        if (cookie) context.header('Set-Cookie', cookie);
        return accept({ kind: 'guest', guestId });
      },
    }),
    route({
      method: 'delete',
      path: '/login-sessions/current',
      action: 'account.sign-out',
      summary: 'Sign this device out.',
      async handle(context) {
        const { actor } = context;
        if (actor.kind !== 'account' && actor.kind !== 'guest') return refuse('sign-in-required');
        context.header('Set-Cookie', (await loginSessions.end(actor)).cookie);
        return accept(undefined);
      },
    }),
    route({
      method: 'delete',
      path: '/login-sessions',
      action: 'account.sign-out',
      summary: 'Sign out everywhere: every device, at once.',
      async handle(context) {
        const { actor } = context;
        if (actor.kind !== 'account' && actor.kind !== 'guest') return refuse('sign-in-required');
        const { cookie } =
          actor.kind === 'account'
            ? await loginSessions.endAllOf(actor.accountId)
            : await loginSessions.end(actor);
        context.header('Set-Cookie', cookie);
        return accept(undefined);
      },
    }),
    route({
      method: 'get',
      path: '/me',
      action: 'account.read-own',
      summary: 'Who holds this cookie.',
      reply: Me,
      async handle({ actor }) {
        if (actor.kind === 'guest') return accept({ kind: 'guest', guestId: actor.guestId });
        if (actor.kind !== 'account') return accept({ kind: 'anyone' });
        return accept(await meOf(await accountOf(store, actor)));
      },
    }),
    route({
      method: 'patch',
      path: '/me',
      action: 'account.edit-own',
      summary: 'Change settings: region, language, e-mail, contact preferences.',
      body: Settings,
      reply: Me,
      async handle({ actor, body }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        const account = await useCases.changeSettings(actor.accountId, body);
        return account ? accept(await meOf(account)) : refuse('not-found');
      },
    }),
    route({
      method: 'get',
      path: '/demo/sign-ins',
      action: 'account.demo-sign-ins',
      summary: 'The sign-ins of the demo show; refused on every other installation.',
      reply: DemoSignIns,
      handle: () => demoSignIns(),
    }),
  ];
}

async function accountOf(store: IdentityStore, actor: Actor & { kind: 'account' }): Promise<Account> {
  const account = await store.accounts.get(actor.accountId);
  if (account === undefined) throw new Fault('internal', `no account ${actor.accountId}`);
  return account;
}
