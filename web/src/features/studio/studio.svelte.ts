import { pageOf } from '#contract/catalog.ts';
import { ChannelView } from '#contract/identity.ts';
import type { ChannelId, StreamId } from '#contract/ids.ts';
import { DeskStream, type NewStream, type StreamEdit } from '#contract/rooms.ts';
import { call, newKey } from '../../live/api.ts';

/** A channel with its streams, newest first. */
export type ChannelDesk = {
  channelId: ChannelId;
  title: string;
  streams: DeskStream[];
  next: string | undefined;
};

const streamPage = pageOf(DeskStream);

/** The channels an account works in, and their streams. */
export class StudioController {
  channels = $state<ChannelDesk[]>([]);
  isLoaded = $state(false);
  fault = $state.raw<unknown>();

  async load(channelIds: readonly ChannelId[]): Promise<void> {
    this.fault = undefined;
    try {
      this.channels = await Promise.all(channelIds.map(readDesk));
      this.isLoaded = true;
    } catch (fault) {
      this.fault = fault;
    }
  }

  /** Reads the next older streams of a channel. */
  async more({ channelId, next }: ChannelDesk): Promise<void> {
    const page = await call('GET', `/channels/${channelId}/desk?cursor=${next ?? ''}`, streamPage);
    this.#change(channelId, (channel) => ({
      ...channel,
      streams: [...channel.streams, ...page.items],
      next: page.next,
    }));
  }

  /** Plans a stream; the same `key` plans it once. @throws ApiError */
  async schedule(channelId: ChannelId, form: NewStream, key: string): Promise<StreamId> {
    const stream = await call('POST', `/channels/${channelId}/streams`, DeskStream, {
      body: form,
      idempotencyKey: key,
    });
    this.#put(stream);
    return stream.streamId;
  }

  /** @throws ApiError */
  async edit(streamId: StreamId, change: StreamEdit): Promise<void> {
    this.#put(await call('PATCH', `/streams/${streamId}`, DeskStream, { body: change }));
  }

  /** @throws ApiError */
  async publishReplay(streamId: StreamId): Promise<void> {
    this.#put(await call('POST', `/streams/${streamId}/publish-replay`, DeskStream));
  }

  #put(stream: DeskStream): void {
    this.#change(stream.channelId, (channel) => {
      const isKnown = channel.streams.some(({ streamId }) => streamId === stream.streamId);
      const streams = isKnown
        ? channel.streams.map((one) => (one.streamId === stream.streamId ? stream : one))
        : [stream, ...channel.streams];
      return { ...channel, streams };
    });
  }

  #change(channelId: ChannelId, change: (channel: ChannelDesk) => ChannelDesk): void {
    this.channels = this.channels.map((channel) =>
      channel.channelId === channelId ? change(channel) : channel,
    );
  }
}

/** Makes a channel; its maker is the host. @throws ApiError */
export async function createChannel(title: string): Promise<ChannelId> {
  const options = { body: { title }, idempotencyKey: newKey() };
  return (await call('POST', '/channels', ChannelView, options)).channelId;
}

async function readDesk(channelId: ChannelId): Promise<ChannelDesk> {
  const [{ title }, { items, next }] = await Promise.all([
    call('GET', `/channels/${channelId}`, ChannelView),
    call('GET', `/channels/${channelId}/desk?limit=20`, streamPage),
  ]);
  return { channelId, title, streams: items, next };
}
