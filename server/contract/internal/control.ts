import { z } from 'zod';
import {
  ConsumerId,
  ConsumerParameters,
  DtlsParameters,
  IceParameters,
  LayerReport,
  MediaKind,
  mediaRefusals,
  ProducerId,
  RouterCaps,
  RtpCapabilities,
  RtpParameters,
  TransportId,
  TransportParameters,
} from '../media.ts';

/** The Redis hash in which media nodes say that they live: node id → `NodeEntry` as JSON. */
export const mediaNodesKey = 'media:nodes';
/** A node beats this often, and is dead to the servers when its last beat is this old. */
export const nodeBeatMs = 2_000;
export const nodeDeadMs = 6_000;

export const NodeEntry = z.object({ url: z.url(), load: z.number().nonnegative(), beatAt: z.int() });
export type NodeEntry = z.infer<typeof NodeEntry>;

/** A place in a room: one viewing session in one room has at most one peer. */
const seat = { roomId: z.string().min(1).max(128), sessionId: z.string().min(1).max(128) };
const nothing = z.object({});

const IngestLeg = z.object({
  ip: z.string(),
  port: z.int(),
  rtcpPort: z.int(),
  payloadType: z.int(),
  ssrc: z.int(),
  producerId: ProducerId,
});

/** Where an encoder sends plain RTP: one leg for H264 and one for opus, latched to the first address that sends. */
export const Ingest = z.object({ video: IngestLeg, audio: IngestLeg });
export type Ingest = z.infer<typeof Ingest>;

/** Every question a server may ask a node: its data and the answer's. */
export const controlRequests = {
  'node.caps': { d: nothing, reply: RouterCaps },
  /** A new receive transport with a paused consumer for everything on air; ends the peer's former one. */
  'peer.join': {
    d: z.object({ ...seat, rtpCapabilities: RtpCapabilities }),
    reply: z.object({
      epoch: z.int(),
      recv: TransportParameters,
      consumers: z.array(ConsumerParameters),
    }),
  },
  /** Starts DTLS and resumes consumers in the same step. */
  'peer.connect': {
    d: z.object({
      ...seat,
      transportId: TransportId,
      dtlsParameters: DtlsParameters,
      resume: z.array(ConsumerId).max(16),
    }),
    reply: nothing,
  },
  'peer.resume': { d: z.object({ ...seat, consumerIds: z.array(ConsumerId).max(16) }), reply: nothing },
  /** Another server takes over a living peer; answers what it is consuming now. */
  'peer.adopt': {
    d: z.object(seat),
    reply: z.object({ epoch: z.int(), consumers: z.array(ConsumerParameters) }),
  },
  /** The peer's socket is gone: it lives on for a while in case another server adopts it. */
  'peer.detach': { d: z.object(seat), reply: nothing },
  'peer.leave': { d: z.object(seat), reply: nothing },
  'peer.layers': {
    d: z.object({
      ...seat,
      consumerId: ConsumerId,
      spatialLayer: z.int().min(0).max(2),
      temporalLayer: z.int().min(0).max(2).exactOptional(),
    }),
    reply: nothing,
  },
  /** At most this many bits a second towards the viewer; 0 lifts the limit. */
  'peer.limit': { d: z.object({ ...seat, maxBitrate: z.int().nonnegative() }), reply: nothing },
  'peer.key-frame': {
    d: z.object({ ...seat, consumerId: ConsumerId }),
    reply: z.object({ isArriving: z.boolean() }),
  },
  'peer.restart-ice': {
    d: z.object({ ...seat, transportId: TransportId }),
    reply: z.object({ iceParameters: IceParameters }),
  },
  /** A send transport; its first producer takes the room over from every publication with a smaller fence. */
  'publish.open': {
    d: z.object({ ...seat, fence: z.int().positive() }),
    reply: z.object({ epoch: z.int(), send: TransportParameters }),
  },
  'publish.produce': {
    d: z.object({ ...seat, transportId: TransportId, kind: MediaKind, rtpParameters: RtpParameters }),
    reply: z.object({ producerId: ProducerId }),
  },
  'publish.close': {
    d: z.object({ ...seat, producerId: ProducerId.exactOptional() }),
    reply: nothing,
  },
  /** Plain RTP in, for encoders on this machine; fenced like any publication. */
  'ingest.open': { d: z.object({ ...seat, fence: z.int().positive() }), reply: Ingest },
  'ingest.close': { d: z.object(seat), reply: nothing },
  'room.stats': {
    d: z.object({ roomId: seat.roomId }),
    reply: z.object({
      epoch: z.int(),
      peers: z.int(),
      producers: z.array(
        z.object({
          producerId: ProducerId,
          sessionId: z.string(),
          kind: MediaKind,
          layers: z.array(LayerReport),
        }),
      ),
    }),
  },
  'room.close': { d: z.object({ roomId: seat.roomId }), reply: nothing },
} as const;

export type ControlName = keyof typeof controlRequests;
export type ControlRequest<Name extends ControlName> = z.infer<(typeof controlRequests)[Name]['d']>;
export type ControlReply<Name extends ControlName> = z.infer<(typeof controlRequests)[Name]['reply']>;
export type Seat = { roomId: string; sessionId: string };

/** What a node tells without being asked. Those with a `sessionId` go to the server that holds the peer, the rest to all. */
export const ControlEvent = z.discriminatedUnion('t', [
  z.object({ t: z.literal('node.hello'), nodeId: z.string() }),
  /** The room's router was lost and made anew: every transport in it is gone. Epochs of a room only grow. */
  z.object({ t: z.literal('room.reset'), roomId: seat.roomId, epoch: z.int() }),
  z.object({ t: z.literal('producer.opened'), roomId: seat.roomId, producerId: ProducerId, kind: MediaKind }),
  z.object({ t: z.literal('producer.closed'), roomId: seat.roomId, producerId: ProducerId, kind: MediaKind }),
  z.object({ t: z.literal('consumer.opened'), ...seat, consumer: ConsumerParameters }),
  z.object({ t: z.literal('consumer.closed'), ...seat, consumerId: ConsumerId, producerId: ProducerId }),
  /** The layer now sent to a viewer; null while none can be. */
  z.object({
    t: z.literal('consumer.layer'),
    ...seat,
    consumerId: ConsumerId,
    spatialLayer: z.int().nullable(),
  }),
  /** A publication with a larger fence has taken the room over. */
  z.object({ t: z.literal('publication.replaced'), ...seat }),
]);
export type ControlEvent = z.infer<typeof ControlEvent>;

/** A question on the wire; `d` is parsed by the schema of its name. */
export const ControlAsk = z.object({
  id: z.int().nonnegative(),
  t: z.enum(Object.keys(controlRequests) as [ControlName, ...ControlName[]]),
  d: z.unknown(),
});

/** An answer on the wire: the reply, a refusal, or the words of a fault on the node. */
export const ControlAnswer = z.union([
  z.object({ re: z.int(), ok: z.literal(true), d: z.unknown() }),
  z.object({
    re: z.int(),
    ok: z.literal(false),
    refusal: z.enum(mediaRefusals),
    detail: z.string().exactOptional(),
  }),
  z.object({ re: z.int(), ok: z.literal(false), fault: z.string() }),
]);
