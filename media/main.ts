import { readConfig } from '#server/config.ts';
import { stopSignal } from '#server/platform/lifetime.ts';
import { logger } from '#server/platform/logger.ts';
import { compose } from './compose.ts';

const config = readConfig();
logger.level = config.logLevel;
await using node = await compose({ ...config.media, redisUrl: config.redisUrl });
console.log(`READY media ${node.controlUrl}`);
await stopSignal();
