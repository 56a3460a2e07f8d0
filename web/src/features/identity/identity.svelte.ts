import type { z } from 'zod';
import {
  type DemoSignIn,
  DemoSignIns,
  type Recovery,
  SignedUp,
  type SignIn,
  type SignUp,
} from '#contract/identity.ts';
import { call, codeOf, newKey, tell } from '../../live/api.ts';
import type { Session } from '../../live/session.svelte.ts';

type Mode = 'in' | 'up' | 'recover' | 'codes';

/** Coming in: by password, with a new account, or by a recovery code. */
export class ComingIn {
  mode = $state<Mode>('in');
  isBusy = $state(false);
  /** Code of the last refusal. */
  refusal = $state('');
  /** Shown once, after an account was made. */
  recoveryCodes = $state<string[]>([]);
  readonly #session: Session;
  #key = newKey();

  constructor(session: Session, mode: Mode = 'in') {
    this.#session = session;
    this.mode = mode;
  }

  show(mode: Mode): void {
    this.mode = mode;
    this.refusal = '';
  }

  signIn(fields: z.infer<typeof SignIn>): Promise<boolean> {
    return this.#run(() => tell('POST', '/login-sessions', { body: fields }));
  }

  /** Afterwards the recovery codes stand here, and `mode` is `codes`. */
  async signUp(fields: SignUp): Promise<boolean> {
    const isIn = await this.#run(async () => {
      const { recoveryCodes } = await call('POST', '/accounts', SignedUp, {
        body: fields,
        idempotencyKey: this.#key,
      });
      this.recoveryCodes = recoveryCodes;
    });
    if (isIn) this.mode = 'codes';
    else this.#key = newKey();
    return isIn;
  }

  recover(fields: z.infer<typeof Recovery>): Promise<boolean> {
    return this.#run(() => tell('POST', '/recoveries', { body: fields }));
  }

  async #run(act: () => Promise<void>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.refusal = '';
    try {
      await act();
      await this.#session.become();
      return true;
    } catch (fault) {
      this.refusal = codeOf(fault);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}

/** What a demo offers; nothing elsewhere. */
export const demoSignIns = (): Promise<DemoSignIn[]> =>
  call('GET', '/demo/sign-ins', DemoSignIns).then(
    ({ signIns }) => signIns,
    () => [],
  );
