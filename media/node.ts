import { accept, type Result, refuse } from '#contract/errors.ts';
import type {
  ControlEvent,
  ControlName,
  ControlReply,
  ControlRequest,
  Seat,
} from '#contract/internal/control.ts';
import type { MediaRefusal } from '#contract/media.ts';
import { routerCaps } from './codecs.ts';
import { type Hold, OwnerBook } from './owners.ts';
import type { Peer } from './peer.ts';
import { RoomRouter } from './room-router.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A server's end of the control link, as the node sees it. The id outlives a broken link. */
export type Server = { id: string; tell(event: ControlEvent): void };

export type Handlers = {
  [Name in ControlName]: (
    request: ControlRequest<Name>,
    serverId: string,
  ) => Promise<Result<ControlReply<Name>, MediaRefusal>>;
};

type Options = { pool: WorkerPool; orphanMs: number; emptyRoomMs: number };

/** The rooms of this node and what servers may ask of them. Knows sessions, never people. */
export class MediaNode implements Disposable {
  readonly #pool: WorkerPool;
  readonly #rooms = new Map<string, Promise<RoomRouter>>();
  readonly #epochs = new Map<string, number>();
  readonly #servers = new Map<string, Server>();
  readonly #owners: OwnerBook<string>;
  readonly #sweeper: NodeJS.Timeout;

  /** A peer lives `orphanMs` without a server, a router `emptyRoomMs` without peers and publication. */
  constructor({ pool, orphanMs, emptyRoomMs }: Options) {
    this.#pool = pool;
    this.#owners = new OwnerBook(orphanMs, (seat) => void this.#leave(seat));
    const emptySince = new Map<RoomRouter, number>();
    this.#sweeper = setInterval(() => void this.#sweep(emptySince, emptyRoomMs), emptyRoomMs / 4);
    this.#sweeper.unref();
  }

  get load(): number {
    return this.#pool.load;
  }

  /** A server's link is up: it hears of every room from here on, and has the peers back that wait for it. */
  greet(server: Server): void {
    this.#servers.set(server.id, server);
    this.#owners.reclaimAll(server.id);
  }

  /** A server's link is down: its peers play on, waiting for it or another. */
  lose(server: Server): void {
    if (this.#servers.get(server.id) !== server) return;
    this.#servers.delete(server.id);
    this.#owners.orphanAll(server.id);
  }

  readonly handlers: Handlers = {
    'node.caps': async () => accept(routerCaps),

    'peer.join': async ({ roomId, sessionId, rtpCapabilities }, serverId) => {
      const room = await this.#open(roomId);
      this.#owners.take({ roomId, sessionId }, serverId);
      return accept({ epoch: room.epoch, ...(await room.join(sessionId, rtpCapabilities)) });
    },

    'peer.connect': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer) => {
        const { transportId, dtlsParameters } = request;
        const connected = await peer.connect(transportId, dtlsParameters);
        if (!connected.ok) return connected;
        await resume(peer, request.resume);
        return accept({});
      }),

    'peer.resume': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer) => {
        await resume(peer, request.consumerIds);
        return accept({});
      }),

    'peer.adopt': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer, room) =>
        accept({ epoch: room.epoch, consumers: peer.listConsumers() }),
      ),

    // A server that another has taken the peer from says goodbye too late: it changes nothing.
    'peer.detach': async (request, serverId) => {
      if (this.#owners.ownerOf(request) === serverId) this.#owners.orphan(request);
      return accept({});
    },

    'peer.leave': (request, serverId) =>
      this.#withPeer(request, serverId, async () => {
        await this.#leave(request);
        return accept({});
      }),

    'peer.layers': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer) => {
        const consumer = peer.consumer(request.consumerId);
        if (consumer === undefined) return refuse('media-unknown');
        const { spatialLayer, temporalLayer } = request;
        await consumer.setPreferredLayers({
          spatialLayer,
          ...(temporalLayer !== undefined && { temporalLayer }),
        });
        return accept({});
      }),

    'peer.limit': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer) => {
        if (!(await peer.limit(request.maxBitrate))) return refuse('media-unknown');
        return accept({});
      }),

    'peer.key-frame': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer) => {
        const consumer = peer.consumer(request.consumerId);
        if (consumer === undefined) return refuse('media-unknown');
        await consumer.requestKeyFrame();
        return accept({ isArriving: consumer.score.producerScore > 0 });
      }),

    'peer.restart-ice': (request, serverId) =>
      this.#withPeer(request, serverId, async (peer) => {
        const transport = peer.transport(request.transportId);
        if (transport === undefined) return refuse('media-unknown');
        return accept({ iceParameters: await transport.restartIce() });
      }),

    'publish.open': async ({ roomId, sessionId, fence }, serverId) => {
      const room = await this.#open(roomId);
      const opened = await room.openPublication(sessionId, fence);
      if (!opened.ok) return opened;
      this.#owners.take({ roomId, sessionId }, serverId);
      return accept({ epoch: room.epoch, send: opened.value });
    },

    'publish.produce': (request, serverId) =>
      this.#withPeer(request, serverId, async (_peer, room) => {
        const { sessionId, transportId, kind, rtpParameters } = request;
        const produced = await room.produce(sessionId, transportId, kind, rtpParameters);
        return produced.ok ? accept({ producerId: produced.value }) : produced;
      }),

    'publish.close': (request, serverId) =>
      this.#withPeer(request, serverId, async (_peer, room) => {
        room.closePublication(request.sessionId, request.producerId);
        return accept({});
      }),

    'ingest.open': async ({ roomId, sessionId, fence }) =>
      (await this.#open(roomId)).openIngest(sessionId, fence),

    'ingest.close': async ({ roomId, sessionId }) => {
      (await this.#find(roomId))?.closePublication(sessionId);
      return accept({});
    },

    'room.stats': async ({ roomId }) => {
      const room = await this.#find(roomId);
      return room === undefined ? refuse('media-unknown') : accept(await room.stats());
    },

    'room.close': async ({ roomId }) => {
      const room = await this.#find(roomId);
      this.#rooms.delete(roomId);
      this.#owners.forgetRoom(roomId);
      room?.[Symbol.dispose]();
      return accept({});
    },
  };

  async #withPeer<Value>(
    seat: Seat,
    serverId: string,
    act: (peer: Peer, room: RoomRouter) => Promise<Result<Value, MediaRefusal>>,
  ): Promise<Result<Value, MediaRefusal>> {
    const room = await this.#find(seat.roomId);
    const peer = room?.peer(seat.sessionId);
    if (room === undefined || peer === undefined) return refuse('media-unknown');
    this.#owners.take(seat, serverId);
    return act(peer, room);
  }

  async #find(roomId: string): Promise<RoomRouter | undefined> {
    return this.#rooms.get(roomId);
  }

  #open(roomId: string): Promise<RoomRouter> {
    const open = this.#rooms.get(roomId) ?? this.#create(roomId, this.#nextEpoch(roomId));
    this.#rooms.set(roomId, open);
    return open;
  }

  async #create(roomId: string, epoch: number): Promise<RoomRouter> {
    try {
      const onLost = () => this.#reset(roomId);
      const tell = (event: ControlEvent) => this.#tell(event);
      return await RoomRouter.create(roomId, { epoch, pool: this.#pool, tell, onLost });
    } catch (fault) {
      this.#rooms.delete(roomId);
      throw fault;
    }
  }

  /** The worker died under the room: a new router is on its way, and everybody is told at once, not after 15 s of ICE. */
  #reset(roomId: string): void {
    if (!this.#rooms.delete(roomId)) return;
    this.#owners.forgetRoom(roomId);
    const epoch = this.#nextEpoch(roomId);
    const again = this.#create(roomId, epoch);
    again.catch(() => {});
    this.#rooms.set(roomId, again);
    this.#tell({ t: 'room.reset', roomId, epoch });
  }

  /** Larger than any before, on this node or, by the clock, on one before it. */
  #nextEpoch(roomId: string): number {
    const epoch = Math.max((this.#epochs.get(roomId) ?? 0) + 1, Date.now());
    this.#epochs.set(roomId, epoch);
    return epoch;
  }

  #tell(event: ControlEvent): void {
    if (!('sessionId' in event)) {
      for (const server of this.#servers.values()) server.tell(event);
      return;
    }
    const serverId = this.#owners.ownerOf(event);
    if (serverId !== undefined) this.#servers.get(serverId)?.tell(event);
  }

  async #leave(seat: Hold): Promise<void> {
    this.#owners.forget(seat);
    (await this.#find(seat.roomId))?.leave(seat.sessionId);
  }

  async #sweep(emptySince: Map<RoomRouter, number>, emptyRoomMs: number): Promise<void> {
    for (const [roomId, opening] of this.#rooms) {
      const room = await opening.catch(() => undefined);
      if (room === undefined) continue;
      if (!room.isEmpty) {
        emptySince.delete(room);
        continue;
      }
      const since = emptySince.get(room) ?? performance.now();
      emptySince.set(room, since);
      if (performance.now() - since < emptyRoomMs || this.#rooms.get(roomId) !== opening) continue;
      this.#rooms.delete(roomId);
      emptySince.delete(room);
      room[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweeper);
    this.#owners[Symbol.dispose]();
    this.#rooms.clear();
  }
}

async function resume(peer: Peer, consumerIds: readonly string[]): Promise<void> {
  await Promise.all(consumerIds.map((id) => peer.consumer(id)?.resume()));
}
