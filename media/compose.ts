import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { beatAs } from '#server/platform/beats.ts';
import { redisClock } from '#server/platform/clock.ts';
import { logger as rootLogger } from '#server/platform/logger.ts';
import { closeRedis, openRedis } from '#server/platform/redis.ts';
import { ControlServer } from './control.ts';
import { MediaNode } from './node.ts';
import { listenInfos } from './placement.ts';
import { announceNode } from './registry.redis.ts';
import { WorkerPool } from './worker-pool.ts';

export type MediaConfig = Readonly<{
  /** UDP and TCP, plus one for each further worker; 0 takes free ones. */
  rtcPort: number;
  workers: number;
  /** The address browsers reach this machine at. */
  announcedAddress: string;
  workerBin: string | undefined;
  /** Loopback port of the control link; 0 takes a free one. */
  controlPort: number;
  controlToken: string;
  redisUrl: string;
}>;

export type MediaHouse = AsyncDisposable & {
  nodeId: string;
  controlUrl: string;
  /** Process ids of the living workers. */
  workerPids(): number[];
};

/** A peer lives this long without a server, so that a server may restart under playing video. */
const orphanMs = 15_000;

/** Builds one media node. Disposing withdraws it from Redis first, then closes the link, then the workers. */
export async function compose(
  config: MediaConfig,
  overrides: { orphanMs?: number } = {},
): Promise<MediaHouse> {
  await using parts = new AsyncDisposableStack();
  const nodeId = `node_${randomUUID()}`;
  const logger = rootLogger.child({ part: 'media', nodeId });
  const redis = parts.adopt(openRedis(config.redisUrl), closeRedis);
  const clock = parts.use(await redisClock(redis));
  parts.use(beatAs(redis, clock, 'media', `${config.announcedAddress}:${config.rtcPort || process.pid}`));
  const localAddresses = Object.values(networkInterfaces()).flatMap((lines) =>
    (lines ?? []).map(({ address }) => address),
  );
  const pool = parts.use(
    await WorkerPool.create({
      count: config.workers,
      workerBin: config.workerBin,
      listenInfos: (index) =>
        listenInfos(
          config.announcedAddress,
          localAddresses,
          config.rtcPort === 0 ? 0 : config.rtcPort + index,
        ),
      logger,
    }),
  );
  const node = parts.use(new MediaNode({ pool, orphanMs, emptyRoomMs: 60_000, ...overrides }));
  const control = parts.use(
    await ControlServer.create({
      nodeId,
      node,
      port: config.controlPort,
      token: config.controlToken,
      logger,
    }),
  );
  parts.use(await announceNode({ redis, nodeId, url: control.url, load: () => node.load, clock, logger }));
  logger.info({ url: control.url, workers: config.workers, rtcPort: config.rtcPort }, 'media node is up');
  const built = parts.move();
  return {
    nodeId,
    controlUrl: control.url,
    workerPids: () => pool.pids,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  };
}
