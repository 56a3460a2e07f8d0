import { logger } from '#server/platform/logger.ts';

// Faults are provoked on purpose here: TEST_LOG=debug shows them.
logger.level = process.env.TEST_LOG ?? 'silent';
