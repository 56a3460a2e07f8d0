import { createHash } from 'node:crypto';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { ChannelId, StreamId } from '#contract/ids.ts';
import type { Ingest, Seat } from '#contract/internal/control.ts';
import type {
  Joined,
  MediaRefusal,
  OnAir,
  PeerKey,
  Published,
  RouterCaps,
  RtpCapabilities,
} from '#contract/media.ts';
import type { StreamState } from '#contract/rooms.ts';
import { Fault } from '../platform/fault.ts';
import type { MediaDirectory } from './directory.ts';
import type { MediaEngine } from './engine.ts';

type Answer<Value, More extends string = never> = Promise<Result<Value, MediaRefusal | More>>;

/** What media needs to know of streams. */
export type StreamBook = {
  get(streamId: StreamId): Promise<{ channelId: ChannelId; state: StreamState } | undefined>;
};

type Parts = { engine: MediaEngine; directory: MediaDirectory; streams: StreamBook };

export type MediaUseCases = ReturnType<typeof mediaUseCases>;

/**
 * The session a node knows a browser by. It is bound to the person: another login session cannot take the transports
 * over, even with the key.
 */
export function seatOf(streamId: StreamId, peerKey: PeerKey, person: string | undefined): Seat {
  const sessionId = createHash('sha256')
    .update(`${person ?? ''}\n${peerKey}`)
    .digest('base64url');
  return { roomId: streamId, sessionId };
}

/** What a room's media can be asked for, in the product's words. */
export function mediaUseCases({ engine, directory, streams }: Parts) {
  let known: { caps: RouterCaps; until: number } | undefined;

  /** Every router has the same capabilities; a new version of the nodes is noticed within a minute. */
  async function readCaps(): Answer<RouterCaps> {
    if (known !== undefined && performance.now() < known.until) return accept(known.caps);
    const answer = await engine.ask('node.caps', {});
    if (answer.ok) known = { caps: answer.value, until: performance.now() + 60_000 };
    return answer;
  }

  /** Asks with a new fencing number; a number overtaken on its way is replaced once. */
  async function withFence<Value>(roomId: string, ask: (fence: number) => Answer<Value>): Answer<Value> {
    const first = await ask(await directory.nextFence(roomId));
    if (first.ok || first.refusal !== 'conflict') return first;
    return ask(await directory.nextFence(roomId));
  }

  const isLive = async (streamId: StreamId) => (await streams.get(streamId))?.state === 'live';

  const ingestSeat = (streamId: StreamId): Seat => ({ roomId: streamId, sessionId: 'ingest' });

  return {
    /** Seats a viewer; with unknown or old capabilities the answer is the present ones and nothing else. */
    async joinRoom(
      streamId: StreamId,
      seat: Seat,
      held: { capsHash?: string | undefined; rtpCapabilities?: RtpCapabilities | undefined },
    ): Answer<Joined, 'room-closed'> {
      const stream = await streams.get(streamId);
      if (stream?.state !== 'scheduled' && stream?.state !== 'live') return refuse('room-closed');
      const caps = await readCaps();
      if (!caps.ok) return caps;
      const { capsHash, rtpCapabilities } = held;
      if (rtpCapabilities === undefined || capsHash !== caps.value.hash)
        return accept({ epoch: 0, caps: caps.value, consumers: [] });
      return engine.ask('peer.join', { ...seat, rtpCapabilities });
    },

    /** A send transport for the host of a live stream; what is on air gives way with the first track. */
    async publish(
      streamId: StreamId,
      seat: Seat,
      capsHash: string | undefined,
    ): Answer<Published, 'wrong-stream-state'> {
      if (!(await isLive(streamId))) return refuse('wrong-stream-state');
      const caps = await readCaps();
      if (!caps.ok) return caps;
      if (capsHash !== caps.value.hash) return accept({ epoch: 0, caps: caps.value });
      return withFence(streamId, (fence) => engine.ask('publish.open', { ...seat, fence }));
    },

    /** The doors for an encoder on the media node's machine; on air at once, in place of whatever was. */
    async openIngest(streamId: StreamId): Answer<Ingest, 'wrong-stream-state'> {
      if (!(await isLive(streamId))) return refuse('wrong-stream-state');
      return withFence(streamId, (fence) => engine.ask('ingest.open', { ...ingestSeat(streamId), fence }));
    },

    /** Takes the encoder off air; fine when it was not on. */
    async closeIngest(streamId: StreamId): Answer<Record<string, never>> {
      const closed = await engine.ask('ingest.close', ingestSeat(streamId));
      return closed.ok || closed.refusal === 'media-unknown' ? accept({}) : closed;
    },

    /** What arrives at the router now; nothing when the room has no router. */
    async onAir(streamId: StreamId): Answer<OnAir> {
      const stats = await engine.ask('room.stats', { roomId: streamId });
      if (!stats.ok)
        return stats.refusal === 'media-unknown' ? accept({ producers: [] }) : refuse(stats.refusal);
      return accept({ producers: stats.value.producers });
    },

    /** Takes everything off air and lets the router go; throws when its node cannot be reached now. */
    async closeRoom(streamId: StreamId): Promise<void> {
      const closed = await engine.ask('room.close', { roomId: streamId });
      if (!closed.ok && closed.refusal !== 'media-unknown')
        throw new Fault(closed.refusal, `the media of ${streamId} could not be closed`);
    },
  };
}
