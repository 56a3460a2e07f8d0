import { randomUUID } from 'node:crypto';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type {
  ControlEvent,
  ControlName,
  ControlReply,
  ControlRequest,
  Ingest,
} from '#contract/internal/control.ts';
import {
  ConsumerId,
  type ConsumerParameters,
  type MediaKind,
  type MediaRefusal,
  ProducerId,
  type RouterCaps,
  type RtpParameters,
  TransportId,
  type TransportParameters,
} from '#contract/media.ts';
import type { MediaEngine } from './engine.ts';

type Transport = { parameters: TransportParameters; isConnected: boolean; fence: number };
type Producer = { producerId: ProducerId; kind: MediaKind; rtpParameters: RtpParameters };
type Peer = { recv?: Transport; send?: Transport; consumers: Map<string, ConsumerParameters> };
type Room = {
  epoch: number;
  peers: Map<string, Peer>;
  fence: number;
  onAir: { sessionId: string; fence: number; producers: Map<string, Producer> } | undefined;
};

type Handlers = {
  [Name in ControlName]: (request: ControlRequest<Name>) => Promise<Result<ControlReply<Name>, MediaRefusal>>;
};

/** The rules of a node without any media: for tests that need a room's signalling and no picture. */
export function memoryMediaEngine(): MediaEngine {
  const rooms = new Map<string, Room>();
  const hearers = new Set<(event: ControlEvent) => void>();
  const tell = (event: ControlEvent) => {
    for (const hear of hearers) hear(event);
  };
  const openRoom = (roomId: string): Room => {
    const room = rooms.get(roomId) ?? { epoch: Date.now(), peers: new Map(), fence: 0, onAir: undefined };
    rooms.set(roomId, room);
    return room;
  };
  const seat = (room: Room, sessionId: string): Peer => {
    const peer = room.peers.get(sessionId) ?? { consumers: new Map() };
    room.peers.set(sessionId, peer);
    return peer;
  };
  const find = ({ roomId, sessionId }: { roomId: string; sessionId: string }): Peer | undefined =>
    rooms.get(roomId)?.peers.get(sessionId);
  const transportOf = (peer: Peer | undefined, id: string): Transport | undefined =>
    [peer?.recv, peer?.send].find((transport) => transport?.parameters.id === id);

  const consume = (peer: Peer, producer: Producer): ConsumerParameters => {
    const consumer: ConsumerParameters = {
      id: ConsumerId.parse(randomUUID()),
      producerId: producer.producerId,
      kind: producer.kind,
      rtpParameters: producer.rtpParameters,
      layers: producer.rtpParameters.encodings.length,
    };
    peer.consumers.set(consumer.id, consumer);
    return consumer;
  };
  const takeOffAir = (roomId: string, room: Room, producer: Producer) => {
    if (room.onAir?.producers.delete(producer.producerId) === false) return;
    tell({ t: 'producer.closed', roomId, producerId: producer.producerId, kind: producer.kind });
    for (const [sessionId, peer] of room.peers) {
      for (const consumer of peer.consumers.values()) {
        if (consumer.producerId !== producer.producerId) continue;
        peer.consumers.delete(consumer.id);
        const { id: consumerId, producerId } = consumer;
        tell({ t: 'consumer.closed', roomId, sessionId, consumerId, producerId });
      }
    }
  };
  const endPublication = (roomId: string, room: Room) => {
    for (const producer of room.onAir?.producers.values() ?? []) takeOffAir(roomId, room, producer);
    room.onAir = undefined;
  };
  const takeOver = (roomId: string, room: Room, sessionId: string, fence: number) => {
    if (room.onAir?.fence === fence) return room.onAir;
    const former = room.onAir?.sessionId;
    endPublication(roomId, room);
    if (former !== undefined && former !== sessionId) {
      delete room.peers.get(former)?.send;
      tell({ t: 'publication.replaced', roomId, sessionId: former });
    }
    room.onAir = { sessionId, fence, producers: new Map() };
    return room.onAir;
  };
  const putOnAir = (roomId: string, room: Room, onAir: NonNullable<Room['onAir']>, producer: Producer) => {
    onAir.producers.set(producer.producerId, producer);
    tell({ t: 'producer.opened', roomId, producerId: producer.producerId, kind: producer.kind });
    for (const [sessionId, peer] of room.peers) {
      if (peer.recv === undefined) continue;
      tell({ t: 'consumer.opened', roomId, sessionId, consumer: consume(peer, producer) });
    }
  };
  const onPeer =
    <Request extends { roomId: string; sessionId: string }, Value>(
      act: (peer: Peer, request: Request) => Result<Value, MediaRefusal>,
    ) =>
    async (request: Request): Promise<Result<Value, MediaRefusal>> => {
      const peer = find(request);
      return peer === undefined ? refuse('media-unknown') : act(peer, request);
    };

  const handlers: Handlers = {
    'node.caps': async () => accept(fakeCaps),
    'peer.join': async ({ roomId, sessionId }) => {
      const room = openRoom(roomId);
      const peer = seat(room, sessionId);
      peer.recv = fakeTransport(0);
      peer.consumers.clear();
      const consumers = [...(room.onAir?.producers.values() ?? [])].map((one) => consume(peer, one));
      return accept({ epoch: room.epoch, recv: peer.recv.parameters, consumers });
    },
    'peer.connect': onPeer((peer, { transportId }: ControlRequest<'peer.connect'>) => {
      const transport = transportOf(peer, transportId);
      if (transport === undefined) return refuse('media-unknown');
      if (transport.isConnected) return refuse('conflict');
      transport.isConnected = true;
      return accept({});
    }),
    'peer.resume': onPeer(() => accept({})),
    'peer.adopt': onPeer((peer, { roomId }: ControlRequest<'peer.adopt'>) =>
      accept({ epoch: openRoom(roomId).epoch, consumers: [...peer.consumers.values()] }),
    ),
    'peer.detach': async () => accept({}),
    'peer.leave': async ({ roomId, sessionId }) => {
      const room = rooms.get(roomId);
      if (!room?.peers.delete(sessionId)) return refuse('media-unknown');
      if (room.onAir?.sessionId === sessionId) endPublication(roomId, room);
      return accept({});
    },
    'peer.layers': onPeer((peer, { consumerId }: ControlRequest<'peer.layers'>) =>
      peer.consumers.has(consumerId) ? accept({}) : refuse('media-unknown'),
    ),
    'peer.limit': onPeer((peer) => (peer.recv ? accept({}) : refuse('media-unknown'))),
    'peer.key-frame': onPeer((peer, { consumerId }: ControlRequest<'peer.key-frame'>) =>
      peer.consumers.has(consumerId) ? accept({ isArriving: true }) : refuse('media-unknown'),
    ),
    'peer.restart-ice': onPeer((peer, { transportId }: ControlRequest<'peer.restart-ice'>) => {
      const transport = transportOf(peer, transportId);
      return transport === undefined
        ? refuse('media-unknown')
        : accept({ iceParameters: fakeTransport(0).parameters.iceParameters });
    }),
    'publish.open': async ({ roomId, sessionId, fence }) => {
      const room = openRoom(roomId);
      if (fence <= room.fence) return refuse('conflict');
      room.fence = fence;
      const peer = seat(room, sessionId);
      peer.send = fakeTransport(fence);
      return accept({ epoch: room.epoch, send: peer.send.parameters });
    },
    'publish.produce': onPeer((peer, request: ControlRequest<'publish.produce'>) => {
      const { roomId, sessionId, transportId, kind, rtpParameters } = request;
      const room = openRoom(roomId);
      if (peer.send?.parameters.id !== transportId) return refuse('media-unknown');
      if (peer.send.fence !== room.fence) return refuse('conflict');
      if (!rtpParameters.codecs.every(({ mimeType }) => mimeType.toLowerCase().startsWith(kind)))
        return refuse('invalid-request');
      const producer = { producerId: ProducerId.parse(randomUUID()), kind, rtpParameters };
      putOnAir(roomId, room, takeOver(roomId, room, sessionId, peer.send.fence), producer);
      return accept({ producerId: producer.producerId });
    }),
    'publish.close': onPeer((peer, { roomId, sessionId, producerId }: ControlRequest<'publish.close'>) => {
      const room = openRoom(roomId);
      if (producerId === undefined) delete peer.send;
      if (room.onAir?.sessionId !== sessionId) return accept({});
      if (producerId === undefined) endPublication(roomId, room);
      const producer = producerId && room.onAir?.producers.get(producerId);
      if (producer) takeOffAir(roomId, room, producer);
      return accept({});
    }),
    'ingest.open': async ({ roomId, sessionId, fence }) => {
      const room = openRoom(roomId);
      if (fence <= room.fence) return refuse('conflict');
      room.fence = fence;
      const onAir = takeOver(roomId, room, sessionId, fence);
      const [video, audio] = (['video', 'audio'] as const).map((kind) => ({
        producerId: ProducerId.parse(randomUUID()),
        kind,
        rtpParameters: {
          codecs: [{ mimeType: `${kind}/x`, payloadType: 96, clockRate: 1 }],
          encodings: [{}],
        },
      }));
      if (video === undefined || audio === undefined) return refuse('media-unavailable');
      for (const producer of [video, audio]) putOnAir(roomId, room, onAir, producer);
      return accept({ video: fakeLeg(video.producerId, 96), audio: fakeLeg(audio.producerId, 97) });
    },
    'ingest.close': async ({ roomId, sessionId }) => {
      const room = rooms.get(roomId);
      if (room === undefined) return refuse('media-unknown');
      if (room.onAir?.sessionId === sessionId) endPublication(roomId, room);
      return accept({});
    },
    'room.stats': async ({ roomId }) => {
      const room = rooms.get(roomId);
      if (room === undefined) return refuse('media-unknown');
      const producers = [...(room.onAir?.producers.values() ?? [])].map(
        ({ producerId, kind, rtpParameters }) => ({
          producerId,
          kind,
          sessionId: room.onAir?.sessionId ?? '',
          layers: rtpParameters.encodings.map((_encoding, layer) => ({
            layer,
            score: 10,
            bitrate: 0,
            loss: 0,
            byteCount: 0,
          })),
        }),
      );
      return accept({ epoch: room.epoch, peers: room.peers.size, producers });
    },
    'room.close': async ({ roomId }) => {
      return rooms.delete(roomId) ? accept({}) : refuse('media-unknown');
    },
  };

  return {
    ask: (name, request) => handlers[name](request),
    listen(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    async [Symbol.asyncDispose]() {
      rooms.clear();
      hearers.clear();
    },
  };
}

const fakeTransport = (fence: number): Transport => ({
  isConnected: false,
  fence,
  parameters: {
    id: TransportId.parse(randomUUID()),
    iceParameters: { usernameFragment: randomUUID(), password: randomUUID(), iceLite: true },
    iceCandidates: [
      {
        foundation: 'udpcandidate',
        priority: 1,
        ip: '127.0.0.1',
        address: '127.0.0.1',
        protocol: 'udp',
        port: 9,
        type: 'host',
      },
    ],
    dtlsParameters: {
      role: 'auto',
      fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('00').join(':') }],
    },
  },
});

const fakeLeg = (producerId: ProducerId, payloadType: number): Ingest['video'] => ({
  ip: '127.0.0.1',
  port: 9,
  rtcpPort: 10,
  payloadType,
  ssrc: payloadType,
  producerId,
});

const fakeCaps: RouterCaps = {
  hash: 'no-media',
  rtpCapabilities: {
    codecs: [
      { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 100 },
      { kind: 'video', mimeType: 'video/H264', clockRate: 90_000, preferredPayloadType: 101 },
    ],
  },
};
