import { z } from 'zod';
import { ask, type LiveContract, personal } from './envelope.ts';
import {
  DtlsParameters,
  IceCandidate,
  IceParameters,
  MediaKind,
  maxLayers,
  RtpCapabilities,
  RtpParameters,
} from './webrtc.ts';

export { DtlsParameters, IceParameters, MediaKind, maxLayers, RtpCapabilities, RtpParameters };

/** Ids the media node gives out; opaque to everybody else. */
export const TransportId = z.string().min(1).max(64).brand<'TransportId'>();
export type TransportId = z.infer<typeof TransportId>;
export const ProducerId = z.string().min(1).max(64).brand<'ProducerId'>();
export type ProducerId = z.infer<typeof ProducerId>;
export const ConsumerId = z.string().min(1).max(64).brand<'ConsumerId'>();
export type ConsumerId = z.infer<typeof ConsumerId>;

/** All a browser needs to build its side of a transport. */
export const TransportParameters = z.object({
  id: TransportId,
  iceParameters: IceParameters,
  iceCandidates: z.array(IceCandidate).min(1),
  dtlsParameters: DtlsParameters,
});
export type TransportParameters = z.infer<typeof TransportParameters>;

/** One track on its way to one viewer. */
export const ConsumerParameters = z.object({
  id: ConsumerId,
  producerId: ProducerId,
  kind: MediaKind,
  rtpParameters: RtpParameters,
  /** How many spatial layers the router can choose from; 1 without simulcast. */
  layers: z.int().min(1).max(maxLayers),
});
export type ConsumerParameters = z.infer<typeof ConsumerParameters>;

/** Capabilities every router of this product has, and their fingerprint to compare a cached copy by. */
export const RouterCaps = z.object({ hash: z.string(), rtpCapabilities: RtpCapabilities });
export type RouterCaps = z.infer<typeof RouterCaps>;

/** What the host's layers look like at the router; bitrates in bits per second, loss 0–1, score 0–10. */
export const LayerReport = z.object({
  layer: z.int().nonnegative(),
  rid: z.string().optional(),
  score: z.number(),
  bitrate: z.number(),
  loss: z.number(),
  byteCount: z.number(),
});
export type LayerReport = z.infer<typeof LayerReport>;

/** What a node may refuse; rows of the error table. */
export const mediaRefusals = ['media-unavailable', 'media-unknown', 'invalid-request', 'conflict'] as const;
export type MediaRefusal = (typeof mediaRefusals)[number];

/**
 * The browser's own name for its place in a room's media, unguessable and kept over cut sockets: whoever knows it
 * takes up the transports again.
 */
export const PeerKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{20,64}$/)
  .brand<'PeerKey'>();
export type PeerKey = z.infer<typeof PeerKey>;

const connect = z.object({
  transportId: TransportId,
  dtlsParameters: DtlsParameters,
  /** Consumers to start in the same step. */
  resume: z.array(ConsumerId).max(16),
});

const Joined = z.object({
  /** Grows when the room's router is made anew. */
  epoch: z.int(),
  /** The routers' capabilities, when the client's copy is missing or old: load them, and join again. */
  caps: RouterCaps.optional(),
  /** Absent with `caps`. */
  recv: TransportParameters.optional(),
  consumers: z.array(ConsumerParameters),
});
export type Joined = z.infer<typeof Joined>;

const Adopted = z.object({ epoch: z.int(), consumers: z.array(ConsumerParameters) });

const Published = z.object({
  epoch: z.int(),
  caps: RouterCaps.optional(),
  /** Absent with `caps`. */
  send: TransportParameters.optional(),
});
export type Published = z.infer<typeof Published>;

const OnAir = z.object({
  producers: z.array(z.object({ producerId: ProducerId, kind: MediaKind, layers: z.array(LayerReport) })),
});
export type OnAir = z.infer<typeof OnAir>;

export const mediaLive = {
  fromClient: {
    /** Everything for the first frame in one reply; the consumers wait paused for `media.connect`. */
    'media.join': ask(
      z.object({
        peerKey: PeerKey,
        /** Of the capabilities the client has loaded; without it the answer is these and nothing else. */
        capsHash: z.string().max(64).optional(),
        rtpCapabilities: RtpCapabilities.optional(),
      }),
      Joined,
    ),
    'media.connect': ask(connect, z.object({})),
    /** Starts consumers that were added to a running transport. */
    'media.resume': ask(z.object({ consumerIds: z.array(ConsumerId).max(16) }), z.object({})),
    /** After a cut socket: the transports play on if `epoch` is still the same; answers what is consumed now. */
    'media.adopt': ask(z.object({ peerKey: PeerKey }), Adopted),
    'media.layers': ask(
      z.object({
        consumerId: ConsumerId,
        spatialLayer: z.int().min(0).max(2),
        temporalLayer: z.int().min(0).max(2).exactOptional(),
      }),
      z.object({}),
    ),
    /** `isArriving` false: the router gets nothing of this track either, and the cut is on the host's side. */
    'media.key-frame': ask(z.object({ consumerId: ConsumerId }), z.object({ isArriving: z.boolean() })),
    'media.restart-ice': ask(
      z.object({ transportId: TransportId }),
      z.object({ iceParameters: IceParameters }),
    ),
    /** The host's send transport; the first track produced on it takes the room over. */
    'media.publish': ask(z.object({ peerKey: PeerKey, capsHash: z.string().max(64).optional() }), Published),
    'media.produce': ask(
      z.object({ transportId: TransportId, kind: MediaKind, rtpParameters: RtpParameters }),
      z.object({ producerId: ProducerId }),
    ),
    /** Ends one track, or without `producerId` the whole publication. */
    'media.close': ask(z.object({ producerId: ProducerId.exactOptional() }), z.object({})),
    /** What arrives at the router of what is on air, for the host. */
    'media.stats': ask(z.object({}), OnAir),
  },
  toClient: {
    /** The room's router was made anew: every transport is gone; join or publish again, viewers a little later. */
    'media.reset': personal(z.object({ epoch: z.int() })),
    /** A new track, waiting paused for `media.resume`. */
    'media.producer-opened': personal(z.object({ consumer: ConsumerParameters })),
    'media.producer-closed': personal(z.object({ consumerId: ConsumerId, producerId: ProducerId })),
    /** The layer now sent, null while none can be. */
    'media.layer-changed': personal(z.object({ consumerId: ConsumerId, spatialLayer: z.int().nullable() })),
    /** Another publication of the channel has taken the room over. */
    'media.publication-replaced': personal(z.object({})),
  },
} as const satisfies LiveContract;
