import { z } from 'zod';

export const MediaKind = z.enum(['audio', 'video']);
export type MediaKind = z.infer<typeof MediaKind>;

const mimeType = z
  .string()
  .max(64)
  .regex(/^(audio|video)\/[\w.+-]+$/i);
const payloadType = z.int().min(0).max(127);
const ssrc = z.int().min(1).max(0xffff_ffff);
const extensionId = z.int().min(1).max(255);
const parameters = z.record(
  z.string().max(64),
  z.union([z.string().max(512), z.number(), z.boolean(), z.null()]),
);
const rtcpFeedback = z
  .array(z.object({ type: z.string().max(32), parameter: z.string().max(32).exactOptional() }))
  .max(16);

const extensionUri = z.enum([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'urn:mediasoup:params:rtp-hdrext:packet-id',
]);

/** What a device or a router can send and receive (ORTC `RTCRtpCapabilities`). */
export const RtpCapabilities = z.object({
  codecs: z
    .array(
      z.object({
        kind: MediaKind,
        mimeType,
        preferredPayloadType: payloadType,
        clockRate: z.int().positive(),
        channels: z.int().min(1).max(8).exactOptional(),
        parameters: parameters.exactOptional(),
        rtcpFeedback: rtcpFeedback.exactOptional(),
      }),
    )
    .min(1)
    .max(40),
  headerExtensions: z
    .array(
      z.object({
        kind: MediaKind,
        uri: extensionUri,
        preferredId: extensionId,
        preferredEncrypt: z.boolean().exactOptional(),
        direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).exactOptional(),
      }),
    )
    .max(40)
    .exactOptional(),
});
export type RtpCapabilities = z.infer<typeof RtpCapabilities>;

/** The most simulcast layers a host may send. */
export const maxLayers = 3;

/** How one track is sent: codecs, layers low to high, header extensions (ORTC `RTCRtpParameters`). */
export const RtpParameters = z.object({
  mid: z.string().max(32).exactOptional(),
  codecs: z
    .array(
      z.object({
        mimeType,
        payloadType,
        clockRate: z.int().positive(),
        channels: z.int().min(1).max(8).exactOptional(),
        parameters: parameters.exactOptional(),
        rtcpFeedback: rtcpFeedback.exactOptional(),
      }),
    )
    .min(1)
    .max(8),
  headerExtensions: z
    .array(
      z.object({
        uri: extensionUri,
        id: extensionId,
        encrypt: z.boolean().exactOptional(),
        parameters: parameters.exactOptional(),
      }),
    )
    .max(20)
    .exactOptional(),
  encodings: z
    .array(
      z.object({
        ssrc: ssrc.exactOptional(),
        rid: z
          .string()
          .regex(/^[A-Za-z0-9]{1,16}$/)
          .exactOptional(),
        codecPayloadType: payloadType.exactOptional(),
        rtx: z.object({ ssrc }).exactOptional(),
        dtx: z.boolean().exactOptional(),
        scalabilityMode: z
          .string()
          .regex(/^[LS][1-3]T[1-3](_KEY)?$/)
          .exactOptional(),
        maxBitrate: z.int().positive().max(50_000_000).exactOptional(),
      }),
    )
    .min(1)
    .max(maxLayers),
  rtcp: z
    .object({
      cname: z.string().max(128).exactOptional(),
      reducedSize: z.boolean().exactOptional(),
      mux: z.boolean().exactOptional(),
    })
    .exactOptional(),
  msid: z.string().max(256).exactOptional(),
});
export type RtpParameters = z.infer<typeof RtpParameters>;

const fingerprintLength = { 'sha-1': 20, 'sha-224': 28, 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 };
const Fingerprint = z
  .object({
    algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
    value: z.string().regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*$/),
  })
  .refine(({ algorithm, value }) => value.length === fingerprintLength[algorithm] * 3 - 1, {
    error: 'a fingerprint has the length of its hash',
  });

/** DTLS role and certificate fingerprints; at least one, each as long as its hash (an empty list has killed a worker). */
export const DtlsParameters = z.object({
  role: z.enum(['auto', 'client', 'server']).exactOptional(),
  fingerprints: z.array(Fingerprint).min(1).max(8),
});
export type DtlsParameters = z.infer<typeof DtlsParameters>;

export const IceParameters = z.object({
  usernameFragment: z.string().min(1).max(256),
  password: z.string().min(1).max(256),
  iceLite: z.boolean().exactOptional(),
});
export type IceParameters = z.infer<typeof IceParameters>;

/** The node's candidates are of its own addresses; browsers' are never asked for. */
export const IceCandidate = z.object({
  foundation: z.string(),
  priority: z.int(),
  ip: z.string(),
  address: z.string(),
  protocol: z.enum(['udp', 'tcp']),
  port: z.int().min(1).max(65535),
  type: z.literal('host'),
  tcpType: z.literal('passive').exactOptional(),
});
