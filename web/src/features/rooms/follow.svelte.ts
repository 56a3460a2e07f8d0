import { ChannelView, Following } from '#contract/identity.ts';
import type { ChannelId } from '#contract/ids.ts';
import { call } from '../../live/api.ts';

/** Following a channel: shown at once, settled by the server's own count. */
export class FollowController {
  isFollowing = $state(false);
  followers = $state<number>();
  readonly #channelId: ChannelId;

  constructor(channelId: ChannelId) {
    this.#channelId = channelId;
  }

  async load(): Promise<void> {
    this.#take(await call('GET', `/channels/${this.#channelId}`, ChannelView));
  }

  /** @throws ApiError when the server said no; what is shown is then as before. */
  async toggle(): Promise<void> {
    const wanted = !this.isFollowing;
    const before = { isFollowing: this.isFollowing, followers: this.followers ?? 0 };
    this.#take({ isFollowing: wanted, followers: before.followers + (wanted ? 1 : -1) });
    try {
      this.#take(await call(wanted ? 'PUT' : 'DELETE', `/follows/${this.#channelId}`, Following));
    } catch (fault) {
      this.#take(before);
      throw fault;
    }
  }

  #take({ isFollowing, followers }: { isFollowing: boolean; followers: number }): void {
    this.isFollowing = isFollowing;
    this.followers = followers;
  }
}
