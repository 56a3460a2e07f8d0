import { type Result, refuse } from '#contract/errors.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Seat } from '#contract/internal/control.ts';
import { mediaLive, type PeerKey } from '#contract/media.ts';
import { type LiveContext, type LiveMessage, message } from '../gateway/live/message.ts';
import { personOf } from '../gateway/ports.ts';
import { Fault } from '../platform/fault.ts';
import type { MediaEngine } from './engine.ts';
import type { SeatBook } from './seats.ts';
import { type MediaUseCases, type StreamBook, seatOf } from './usecases.ts';

type Parts = {
  engine: MediaEngine;
  seats: SeatBook;
  usecases: MediaUseCases;
  streams: StreamBook;
};

const brisk = { perSecond: 10, burst: 30 };
const rare = { perSecond: 1, burst: 10 };

/** The media messages of browsers. Everything but join, adopt and publish speaks for the seat these took. */
export function mediaMessages({ engine, seats, usecases, streams }: Parts): LiveMessage[] {
  const roomOf = ({ streamId }: LiveContext): StreamId => {
    if (streamId === undefined) throw new Fault('not-found', 'media is of a room');
    return streamId;
  };
  const sit = (context: LiveContext, peerKey: PeerKey): Seat => {
    const seat = seatOf(roomOf(context), peerKey, personOf(context.actor));
    seats.take(seat, context.viewingSessionId, context.tell);
    return seat;
  };
  const seated = async <Value>(
    context: LiveContext,
    act: (seat: Seat) => Promise<Result<Value, string>>,
  ): Promise<Result<Value, string>> => {
    const seat = seats.seatOf(context.viewingSessionId);
    return seat === undefined ? refuse('media-unknown') : act(seat);
  };
  const channel = async (context: LiveContext) => {
    const stream = await streams.get(roomOf(context));
    return stream && { channelId: stream.channelId };
  };
  const watch = { action: 'media.watch', pace: brisk } as const;
  const host = { action: 'media.publish', pace: brisk, scope: channel } as const;

  return [
    message(mediaLive, 'media.join', {
      ...watch,
      pace: rare,
      handle: (context, { peerKey, ...held }) =>
        usecases.joinRoom(roomOf(context), sit(context, peerKey), held),
    }),
    message(mediaLive, 'media.adopt', {
      ...watch,
      pace: rare,
      handle: (context, { peerKey }) => engine.ask('peer.adopt', sit(context, peerKey)),
    }),
    message(mediaLive, 'media.connect', {
      ...watch,
      handle: (context, d) => seated(context, (seat) => engine.ask('peer.connect', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.resume', {
      ...watch,
      handle: (context, d) => seated(context, (seat) => engine.ask('peer.resume', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.layers', {
      ...watch,
      handle: (context, d) => seated(context, (seat) => engine.ask('peer.layers', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.key-frame', {
      ...watch,
      pace: rare,
      handle: (context, d) => seated(context, (seat) => engine.ask('peer.key-frame', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.restart-ice', {
      ...watch,
      pace: rare,
      handle: (context, d) => seated(context, (seat) => engine.ask('peer.restart-ice', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.publish', {
      ...host,
      pace: rare,
      handle: (context, { peerKey, capsHash }) =>
        usecases.publish(roomOf(context), sit(context, peerKey), capsHash),
    }),
    message(mediaLive, 'media.produce', {
      ...host,
      handle: (context, d) => seated(context, (seat) => engine.ask('publish.produce', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.close', {
      ...host,
      handle: (context, d) => seated(context, (seat) => engine.ask('publish.close', { ...seat, ...d })),
    }),
    message(mediaLive, 'media.stats', {
      ...host,
      handle: (context) => usecases.onAir(roomOf(context)),
    }),
  ];
}
