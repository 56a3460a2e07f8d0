import { Redis } from 'ioredis';
import { logger } from './logger.ts';

/** `redis://…`, `rediss://…`, or the path of a socket. Commands wait at most 2 s for a lost server, then fail. */
export function openRedis(url: string, role = 'commands'): Redis {
  const options = { maxRetriesPerRequest: 2, connectionName: `dropcast-${role}`, retryStrategy: pause };
  return listening(
    url.includes('://') ? new Redis(url, options) : new Redis({ ...options, path: url }),
    role,
  );
}

/** A connection that waits for a lost server without end: for subscribers, stream readers and BullMQ. */
export function openPatientRedis(url: string, role: string): Redis {
  const options = { maxRetriesPerRequest: null, connectionName: `dropcast-${role}`, retryStrategy: pause };
  return listening(
    url.includes('://') ? new Redis(url, options) : new Redis({ ...options, path: url }),
    role,
  );
}

const pause = (tries: number): number => Math.min(50 * 2 ** Math.min(tries, 6), 2000);

function listening(redis: Redis, role: string): Redis {
  let isDown = false;
  redis.on('error', (fault: unknown) => {
    if (!isDown) logger.warn({ role, err: fault }, 'redis is away');
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) logger.info({ role }, 'redis is back');
    isDown = false;
  });
  return redis;
}

/** Closes a connection for good, whether or not the server still answers. */
export async function closeRedis(redis: Redis): Promise<void> {
  await redis.quit().catch(() => redis.disconnect());
}
