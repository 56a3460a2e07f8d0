import { dropsLive, type GrantView, Wallet } from '#contract/drops.ts';
import { call } from './api.ts';
import type { LiveSocket } from './socket.svelte.ts';

/** The coupons of whoever is signed in, as the server last told; empty for guests. */
export class WalletStore {
  value = $state<Wallet>();
  /** Why it could not be read. */
  fault = $state.raw<unknown>();

  /** `onEnding` is called with a coupon that is not used and ends soon. */
  constructor(socket: LiveSocket, onEnding: (grant: GrantView) => void) {
    socket.on(dropsLive, 'drops.granted', (grant) => this.#take(grant));
    socket.on(dropsLive, 'drops.grant-changed', (grant) => this.#take(grant));
    socket.on(dropsLive, 'drops.grant-ending', onEnding);
  }

  /** Coupons that can be used at this server time, soonest end first. */
  usable(now: number): GrantView[] {
    return (this.value?.grants ?? [])
      .filter(({ state, validUntil }) => state === 'granted' && Date.parse(validUntil) > now)
      .toSorted((a, b) => Date.parse(a.validUntil) - Date.parse(b.validUntil));
  }

  async load(): Promise<void> {
    try {
      this.value = await call('GET', '/wallet', Wallet);
      this.fault = undefined;
    } catch (fault) {
      this.fault = fault;
    }
  }

  forget(): void {
    this.value = undefined;
  }

  #take(grant: GrantView): void {
    const { grants = [], losingClaims = [], serverNow = 0 } = this.value ?? {};
    const others = grants.filter(({ grantId }) => grantId !== grant.grantId);
    this.value = { serverNow, losingClaims, grants: [grant, ...others] };
  }
}
