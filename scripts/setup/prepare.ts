import { join } from 'node:path';
import { chromiumLadder } from './chromium.ts';
import { type Ffmpeg, ffmpegLadder } from './ffmpeg.ts';
import { climb, describeFailure, foundValue, type Outcome, SetupFault, tell } from './ladder.ts';
import { type MediaWorker, mediaWorkerLadder } from './media-worker.ts';
import { type MongoChoice, mongoLadderFor } from './mongo.ts';
import { type RedisChoice, redisLadder } from './redis.ts';

/** What a show stands on. */
export type Foundations = {
  redis: RedisChoice;
  mongo: MongoChoice;
  ffmpeg: Ffmpeg;
  mediaWorker: MediaWorker;
};

/** Finds or prepares everything a show of this data folder stands on, with one run of the package manager at most. */
export async function prepareShow(dataDir: string): Promise<Foundations> {
  const outcomes = await climb<[RedisChoice, MongoChoice, Ffmpeg, MediaWorker]>([
    redisLadder,
    mongoLadderFor(join(dataDir, 'mongo')),
    ffmpegLadder,
    mediaWorkerLadder,
  ]);
  refuseMissing(outcomes);
  const [redis, mongo, ffmpeg, mediaWorker] = outcomes;
  return {
    redis: foundValue(redis),
    mongo: foundValue(mongo),
    ffmpeg: foundValue(ffmpeg),
    mediaWorker: foundValue(mediaWorker),
  };
}

/** The same for the tests, with the browser that the journeys drive. */
export async function prepareTests(): Promise<void> {
  const ladders = [redisLadder, mongoLadderFor(), ffmpegLadder, mediaWorkerLadder, chromiumLadder] as const;
  refuseMissing(await climb<readonly unknown[]>(ladders));
}

function refuseMissing(outcomes: readonly Outcome<unknown>[]): void {
  outcomes.forEach(tell);
  const missing = outcomes.filter((outcome) => outcome.found === undefined);
  if (missing.length > 0) throw new SetupFault(describeFailure(...missing));
}
