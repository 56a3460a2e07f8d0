import {
  type ClaimAnswer,
  DropsSnapshot,
  type DropView,
  dropsLive,
  type GrantView,
} from '#contract/drops.ts';
import { newKey } from '../../live/api.ts';
import type { LiveSocket, RoomLink } from '../../live/socket.svelte.ts';
import { localNow } from '../../ui/server-clock.svelte.ts';

/** The faces of the card; each is one of the states the design shows. */
export type Face =
  | 'open'
  | 'guest'
  | 'claiming'
  | 'offline'
  | 'yours'
  | 'already-yours'
  | 'gone'
  | 'closed'
  | 'not-eligible';

const slowAfterMs = 2000;
const restMs = 400;
const leaveMs = { yours: 12_000, tapped: 6000, watched: 3000 };

/** The one drop that stands in the room, and what this viewer did about it. A shown outcome is always the server's. */
export class DropsController {
  drop = $state<DropView>();
  /** The viewer's coupon of this drop. */
  grant = $state<GrantView>();
  answer = $state<ClaimAnswer>();
  /** Coupons of this stream that can be used now. */
  usable = $state<GrantView[]>([]);
  isClaiming = $state(false);
  isSlow = $state(false);
  /** Why nothing was decided; the same tap may be sent again. */
  refusal = $state('');
  /** No news for 3 s shows "–". */
  heardAt = $state(localNow());
  readonly #link: RoomLink;
  readonly #socket: Pick<LiveSocket, 'on' | 'link'>;
  #key = '';
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(link: RoomLink, socket: Pick<LiveSocket, 'on' | 'link'>) {
    this.#link = link;
    this.#socket = socket;
    link.on(dropsLive, 'drops.opened', (drop) => this.#stand(drop));
    link.on(dropsLive, 'drops.closed', (drop) => this.#end(drop));
    link.on(dropsLive, 'drops.exhausted', (drop) => this.#end(drop));
    link.on(dropsLive, 'drops.left', ({ dropId, left }) => {
      this.heardAt = localNow();
      if (this.drop?.dropId === dropId) this.drop = { ...this.drop, left };
    });
    socket.on(dropsLive, 'drops.granted', (grant) => this.#own(grant));
    socket.on(dropsLive, 'drops.grant-changed', (grant) => this.#own(grant));
  }

  take(parts: Record<string, unknown>): void {
    const parsed = DropsSnapshot.safeParse(parts.drops);
    if (!parsed.success) return;
    const { drop, grant, usable } = parsed.data;
    this.usable = usable;
    this.heardAt = localNow();
    // A drop that was over before this page came is no news.
    if (drop === null || (drop.state !== 'open' && this.drop?.dropId !== drop.dropId)) return;
    if (drop.dropId !== this.drop?.dropId) this.#stand(drop);
    else this.drop = drop;
    if (grant) this.grant = grant;
  }

  face(isSignedIn: boolean): Face | undefined {
    const { drop } = this;
    if (drop === undefined) return undefined;
    if (this.isClaiming) return this.#socket.link === 'open' ? 'claiming' : 'offline';
    if (this.answer?.outcome === 'granted') return 'yours';
    if (this.grant) return drop.state === 'open' || this.answer ? 'already-yours' : 'closed';
    if (this.answer?.outcome === 'not-eligible') return 'not-eligible';
    if (drop.state === 'exhausted' || this.answer?.outcome === 'sold-out') return 'gone';
    if (drop.state !== 'open' || this.answer?.outcome === 'drop-closed') return 'closed';
    return isSignedIn ? 'open' : 'guest';
  }

  /** One tap, one key: a resend after a cut carries the same key and cannot count twice. */
  async claim(): Promise<void> {
    const { drop } = this;
    if (drop === undefined || this.isClaiming || this.answer || this.grant) return;
    this.#key ||= newKey();
    this.isClaiming = true;
    this.refusal = '';
    const slow = setTimeout(() => {
      this.isSlow = true;
    }, slowAfterMs);
    const ask = () => this.#link.request('drops.claim', { dropId: drop.dropId, key: this.#key }, true);
    let reply = await ask();
    for (let again = 0; again < 3 && !reply.ok && reply.refusal === 'not-known-yet'; again += 1)
      reply = await ask();
    clearTimeout(slow);
    this.isClaiming = false;
    this.isSlow = false;
    if (reply.ok) this.#settle(dropsLive.fromClient['drops.claim'].value.parse(reply.value));
    else this.refusal = reply.refusal;
  }

  /** Takes the card away. */
  dismiss(): void {
    clearTimeout(this.#leaving);
    this.drop = undefined;
    this.answer = undefined;
    this.grant = undefined;
    this.refusal = '';
    this.#key = '';
  }

  /** Keeps a card that is over on stage while it is looked at. */
  linger(): void {
    clearTimeout(this.#leaving);
  }

  #settle(answer: ClaimAnswer): void {
    this.answer = answer;
    if (answer.grant) this.#own(answer.grant);
    if (answer.outcome === 'granted') {
      navigator.vibrate?.(20);
      this.#leaveIn(leaveMs.yours);
    } else if (answer.outcome !== 'not-eligible') this.#leaveIn(leaveMs.tapped);
  }

  #own(grant: GrantView): void {
    const others = this.usable.filter(({ grantId }) => grantId !== grant.grantId);
    this.usable = grant.state === 'granted' ? [...others, grant] : others;
    if (this.drop?.dropId === grant.dropId) this.grant = grant;
  }

  #stand(drop: DropView): void {
    const isReplacing = this.drop !== undefined;
    this.dismiss();
    const show = () => {
      this.drop = drop;
      this.heardAt = localNow();
    };
    // The slot rests before another card stands where one was tapped.
    if (isReplacing) setTimeout(show, restMs);
    else show();
  }

  #end(drop: DropView): void {
    if (this.drop?.dropId !== drop.dropId) return;
    this.drop = drop;
    if (!this.isClaiming && !this.answer) this.#leaveIn(this.grant ? leaveMs.yours : leaveMs.watched);
  }

  #leaveIn(ms: number): void {
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => this.dismiss(), ms);
  }
}
