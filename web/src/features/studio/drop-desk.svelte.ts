import { z } from 'zod';
import { DropDeskView, type DropForm, dropsLive } from '#contract/drops.ts';
import type { DropId, StreamId } from '#contract/ids.ts';
import { call } from '../../live/api.ts';
import type { LiveSocket, RoomLink } from '../../live/socket.svelte.ts';

const Desk = z.object({ drops: z.array(DropDeskView) });
const everyMs = 2000;

/** The drops of a stream as its host sees them: drafts, approvals, counts. Read anew when the server says so. */
export class DropDesk {
  drops = $state<DropDeskView[]>([]);
  isLoaded = $state(false);
  fault = $state.raw<unknown>();
  /** The drop that an act is on its way for. */
  busyId = $state<DropId>();
  readonly #streamId: StreamId;

  constructor(streamId: StreamId) {
    this.#streamId = streamId;
  }

  get open(): DropDeskView | undefined {
    return this.drops.find(({ state }) => state === 'open');
  }

  /** Sums over all drops of the stream. */
  get totals(): { claimed: number; granted: number; redeemed: number; stock: number } {
    const opened = this.drops.filter(({ state }) => state !== 'draft');
    const sum = (read: (drop: DropDeskView) => number) => opened.reduce((all, drop) => all + read(drop), 0);
    return {
      claimed: sum(({ claimed }) => claimed),
      granted: sum(({ granted }) => granted),
      redeemed: sum(({ redeemed }) => redeemed),
      stock: sum(({ stock }) => stock),
    };
  }

  async load(): Promise<void> {
    try {
      const { drops } = await call('GET', `/streams/${this.#streamId}/desk/drops`, Desk);
      this.drops = drops.toSorted((a, b) => Number(b.state === 'open') - Number(a.state === 'open'));
      this.isLoaded = true;
      this.fault = undefined;
    } catch (fault) {
      this.fault = fault;
    }
  }

  /** Keeps the list true until the returned function is called: at every word of the server, and while a drop is open. */
  follow(socket: LiveSocket, link: RoomLink): () => void {
    const again = () => void this.load();
    const stops = [
      socket.on(dropsLive, 'drops.desk-changed', again),
      link.on(dropsLive, 'drops.opened', again),
      link.on(dropsLive, 'drops.closed', again),
      link.on(dropsLive, 'drops.exhausted', again),
      link.onReturn(again),
    ];
    const timer = setInterval(() => {
      if (this.open) again();
    }, everyMs);
    again();
    return () => {
      clearInterval(timer);
      for (const stop of stops) stop();
    };
  }

  /** Prepares a drop; the same `key` prepares it once. @throws ApiError */
  async configure(form: DropForm, key: string): Promise<DropDeskView> {
    const drop = await call('POST', `/streams/${this.#streamId}/drops`, DropDeskView, {
      body: form,
      idempotencyKey: key,
    });
    this.#put(drop);
    return drop;
  }

  /** @throws ApiError */
  release(dropId: DropId): Promise<void> {
    return this.#do(dropId, 'release');
  }

  /** @throws ApiError */
  close(dropId: DropId): Promise<void> {
    return this.#do(dropId, 'close');
  }

  async #do(dropId: DropId, act: 'release' | 'close'): Promise<void> {
    if (this.busyId) return;
    this.busyId = dropId;
    try {
      this.#put(await call('POST', `/drops/${dropId}/${act}`, DropDeskView));
    } finally {
      this.busyId = undefined;
    }
  }

  #put(drop: DropDeskView): void {
    const isKnown = this.drops.some(({ dropId }) => dropId === drop.dropId);
    this.drops = isKnown
      ? this.drops.map((one) => (one.dropId === drop.dropId ? drop : one))
      : [drop, ...this.drops];
  }
}
