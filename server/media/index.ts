import type { LiveMessage } from '../gateway/live/message.ts';
import type { Visit } from '../gateway/ports.ts';
import type { Route } from '../gateway/route.ts';
import { logger } from '../platform/logger.ts';
import type { StageAct } from '../rooms/index.ts';
import type { MediaDirectory } from './directory.ts';
import type { MediaEngine } from './engine.ts';
import { mediaRoutes } from './http.ts';
import { mediaMessages } from './live.ts';
import { SeatBook } from './seats.ts';
import { type MediaUseCases, mediaUseCases, type StreamBook } from './usecases.ts';

export type { MediaEngine } from './engine.ts';

export type Media = Disposable &
  MediaUseCases & {
    messages: LiveMessage[];
    routes: Route[];
    /** Told when a socket leaves a room: its peer plays on for a while and may be adopted by the next socket. */
    presence: { left(visit: Visit): void };
    /** Ends a stream's media with the stream. */
    act: StageAct;
    /** Whether a node answers, for the health page. */
    isUp(): Promise<boolean>;
  };

type Parts = {
  engine: MediaEngine;
  directory: MediaDirectory;
  /** A stream's channel, whose host alone may publish, and its state: `rooms.streams` fits. */
  streams: StreamBook;
};

/** The media slice: who sits where in a room's video, and how a browser gets there. */
export function createMedia({ engine, directory, streams }: Parts): Media {
  const seats = new SeatBook();
  const usecases = mediaUseCases({ engine, directory, streams });
  const deafen = engine.listen((event) => seats.hear(event));
  return {
    ...usecases,
    messages: mediaMessages({ engine, seats, usecases, streams }),
    routes: mediaRoutes({ usecases, streams }),
    presence: {
      left({ viewingSessionId }) {
        const seat = seats.leave(viewingSessionId);
        if (seat === undefined) return;
        engine.ask('peer.detach', seat).catch((fault: unknown) => logger.warn({ err: fault }, 'no detach'));
      },
    },
    act: {
      name: 'media',
      closing: async () => [],
      endOfStream: (streamId) => usecases.closeRoom(streamId),
    },
    isUp: async () => (await directory.nodes()).size > 0,
    [Symbol.dispose]: () => {
      deafen();
    },
  };
}
