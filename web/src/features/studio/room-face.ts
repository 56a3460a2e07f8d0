import type { ProductView } from '#contract/catalog.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Pinned, StreamView } from '#contract/rooms.ts';
import type { RoomLink } from '../../live/socket.svelte.ts';
import type { MediaSignal } from '../../player/signal.ts';

/** The room as the control room needs it; the view hands it in. */
export type RoomFace = {
  readonly streamId: StreamId;
  readonly stream: StreamView | undefined;
  readonly showcase: ProductView[];
  readonly pinned: Pinned | undefined;
  readonly online: number | undefined;
  readonly link: RoomLink;
};

/** A room's link as the player's signalling. */
export const signalOf = (link: RoomLink): MediaSignal => ({
  request: (t, d) => link.request(t, d),
  on: (t, hear) => link.hear(t, hear),
  onReturn: (hear) => link.onReturn(hear),
});
