import type { RtpParameters } from '#contract/media.ts';
import { compose, type MediaHouse } from '#media/compose.ts';
import { redisMediaDirectory } from '#server/media/directory.redis.ts';
import { controlMediaEngine } from '#server/media/engine.control.ts';
import type { MediaEngine } from '#server/media/index.ts';
import { processClock } from '#server/platform/clock.ts';
import { closeRedis, openRedis as connectRedis } from '#server/platform/redis.ts';
import { ensureMediaWorker } from '../../scripts/setup/media-worker.ts';
import { openRedis } from './redis.ts';

const token = 'a token of the tests';

export type MediaStage = AsyncDisposable & {
  redisUrl: string;
  token: string;
  /** One more node, with real workers on free ports. */
  openNode(options?: { workers?: number; orphanMs?: number }): Promise<MediaHouse>;
  /** One more server's end: its own Redis connection and control links. */
  openEngine(): Promise<MediaEngine>;
};

/** A Redis of its own, and real media nodes and engines that find each other over it; disposing ends them all. */
export async function openMediaStage(): Promise<MediaStage> {
  await using parts = new AsyncDisposableStack();
  const { binary: workerBin } = await ensureMediaWorker();
  const redis = parts.use(await openRedis());
  const opened = parts.move();
  return {
    redisUrl: redis.url,
    token,
    async openNode({ workers = 1, ...overrides } = {}) {
      const node = await compose(
        {
          rtcPort: 0,
          workers,
          announcedAddress: '127.0.0.1',
          workerBin,
          controlPort: 0,
          controlToken: token,
          redisUrl: redis.url,
        },
        overrides,
      );
      return opened.use(node);
    },
    async openEngine() {
      const connection = opened.adopt(connectRedis(redis.url), closeRedis);
      const directory = redisMediaDirectory(connection, processClock);
      return opened.use(controlMediaEngine({ directory, token }));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const extension = (uri: NonNullable<RtpParameters['headerExtensions']>[number]['uri'], id: number) => ({
  uri,
  id,
});

/** What a browser says of a camera in three H264 layers. */
export const cameraParameters: RtpParameters = {
  mid: '0',
  codecs: [
    {
      mimeType: 'video/H264',
      payloadType: 103,
      clockRate: 90_000,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }],
    },
  ],
  headerExtensions: [
    extension('urn:ietf:params:rtp-hdrext:sdes:mid', 4),
    extension('urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 10),
  ],
  encodings: ['r0', 'r1', 'r2'].map((rid) => ({ rid, scalabilityMode: 'L1T3' })),
  rtcp: { cname: 'camera' },
};

/** What a browser says of a microphone. */
export const microphoneParameters: RtpParameters = {
  mid: '1',
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
  headerExtensions: [extension('urn:ietf:params:rtp-hdrext:sdes:mid', 4)],
  encodings: [{ ssrc: 11_111_111 }],
  rtcp: { cname: 'camera' },
};
