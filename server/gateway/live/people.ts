import type { PersonId } from '#contract/ids.ts';
import { personChannel } from '../../platform/room-keys.ts';
import type { LiveSession } from './session.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The sockets of each person in this process; words for a person reach all of them. */
export class People {
  readonly #sockets = new Map<string, Set<LiveSession>>();
  readonly #subscriptions: Subscriptions;

  constructor(subscriptions: Subscriptions) {
    this.#subscriptions = subscriptions;
  }

  of(personId: PersonId): Iterable<LiveSession> {
    return this.#sockets.get(personId) ?? [];
  }

  async add(personId: PersonId, session: LiveSession): Promise<void> {
    const known = this.#sockets.get(personId);
    if (known) known.add(session);
    else this.#sockets.set(personId, new Set([session]));
    await this.#subscriptions.use(personChannel(personId), (payload) => {
      const cut = payload.indexOf('\n');
      for (const one of this.#sockets.get(payload.slice(0, cut)) ?? []) one.sendText(payload.slice(cut + 1));
    });
  }

  remove(personId: PersonId, session: LiveSession): void {
    const known = this.#sockets.get(personId);
    known?.delete(session);
    if (known?.size === 0) this.#sockets.delete(personId);
    this.#subscriptions.release(personChannel(personId));
  }
}
