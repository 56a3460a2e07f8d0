import { Me } from '#contract/identity.ts';
import type { ChannelId, VendorId } from '#contract/ids.ts';
import { PaymentConfig } from '#contract/payments.ts';
import type { DelegatePermission } from '#contract/permissions.ts';
import { call, tell } from './api.ts';

/** Who holds this browser's cookie, and what the installation sells with. */
export class Session {
  me = $state<Me>({ kind: 'anyone' });
  payments = $state<PaymentConfig>();
  isLoaded = $state(false);
  readonly #changed: () => void;

  /** `changed` is called when the cookie came to stand for somebody else. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  async load(): Promise<void> {
    const [me, payments] = await Promise.all([
      call('GET', '/me', Me),
      call('GET', '/payments/config', PaymentConfig).catch(() => undefined),
    ]);
    this.me = me;
    this.payments = payments;
    this.isLoaded = true;
  }

  /** Takes over after a sign-up, a sign-in or a recovery. */
  async become(): Promise<void> {
    this.me = await call('GET', '/me', Me);
    this.#changed();
  }

  /** A guest may buy and watch; the cookie is made when the first thing needs one. */
  async ensurePerson(): Promise<void> {
    if (this.me.kind !== 'anyone') return;
    await tell('POST', '/guest-sessions');
    await this.become();
  }

  async signOut(where: 'here' | 'everywhere'): Promise<void> {
    await tell('DELETE', where === 'here' ? '/login-sessions/current' : '/login-sessions');
    this.me = { kind: 'anyone' };
    this.#changed();
  }

  get isSignedIn(): boolean {
    return this.me.kind === 'account';
  }

  get channelIds(): ChannelId[] {
    return this.#grants().flatMap((grant) =>
      grant.role === 'host' || grant.role === 'delegate' ? [grant.channelId] : [],
    );
  }

  get vendorIds(): VendorId[] {
    return this.#grants().flatMap((grant) => (grant.role === 'vendor' ? [grant.vendorId] : []));
  }

  has(role: 'analyst' | 'operator'): boolean {
    return this.#grants().some((grant) => grant.role === role);
  }

  isHost(channelId: ChannelId): boolean {
    return this.#grants().some((grant) => grant.role === 'host' && grant.channelId === channelId);
  }

  /** Whether this person may do in a channel what its host may give to delegates. */
  mayDelegate(channelId: ChannelId, permission: DelegatePermission): boolean {
    const isGiven = this.#grants().some(
      (grant) =>
        grant.role === 'delegate' && grant.channelId === channelId && grant.permissions.includes(permission),
    );
    return isGiven || this.isHost(channelId) || this.has('operator');
  }

  #grants() {
    return this.me.kind === 'account' ? this.me.roles : [];
  }
}
