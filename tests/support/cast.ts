import { SignedUp } from '#contract/identity.ts';
import { AccountId } from '#contract/ids.ts';
import { HttpClient, type Reply } from '../../scripts/clients/http-client.ts';

export type { Reply };

export const password = 'a long enough password';

/** A named person of the cast, with the cookie jar of one browser. */
export class Person extends HttpClient {
  accountId = AccountId.parse('acc_unknown');
  handle = '';
  recoveryCodes: string[] = [];

  async signUp(handle: string): Promise<this> {
    const { me, recoveryCodes } = await this.send('POST', '/accounts', { handle, password }, SignedUp);
    if (me.kind !== 'account') throw new Error('signed up, but nobody');
    this.accountId = me.accountId;
    this.handle = handle;
    this.recoveryCodes = recoveryCodes;
    return this;
  }

  signIn(handle: string): Promise<Reply> {
    return this.call('POST', '/login-sessions', { handle, password });
  }
}
