import { createHash } from 'node:crypto';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import type { RouterRtpCodecCapability } from 'mediasoup/types';
import { RouterCaps } from '#contract/media.ts';

const h264 = (profile: string): RouterRtpCodecCapability => ({
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': profile, 'level-asymmetry-allowed': 1 },
});

/** Every router speaks these, H264 first: it can be recorded and served as HLS without transcoding, VP8 cannot. */
export const mediaCodecs: RouterRtpCodecCapability[] = [
  {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    parameters: { useinbandfec: 1 },
  },
  h264('42e01f'),
  h264('4d001f'),
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
];

/** The capabilities of all routers, with a hash that changes when they do. */
export const routerCaps: RouterCaps = (() => {
  const full = generateRouterRtpCapabilities(mediaCodecs);
  // mediasoup-client does not know the offset extension, and nobody sends it.
  const headerExtensions = full.headerExtensions?.filter(({ uri }) => !uri.endsWith(':toffset'));
  const rtpCapabilities = { ...full, headerExtensions };
  const hash = createHash('sha256').update(JSON.stringify(rtpCapabilities)).digest('hex').slice(0, 16);
  return RouterCaps.parse({ hash, rtpCapabilities });
})();
