import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import { repeat } from './lifetime.ts';
import { logger } from './logger.ts';

const key = 'processes:beats';
const everyMs = 2000;
const forgottenAfterMs = 86_400_000;

const Beat = z.object({ at: z.number(), startedAt: z.number(), pid: z.number() });

/** A process of the installation, as it last said of itself. */
export type ProcessBeat = { role: string; instance: string } & z.infer<typeof Beat>;

/** Says every 2 s that this process lives. `instance` tells apart processes of one role: an address, a number. */
export function beatAs(redis: Redis, clock: Clock, role: string, instance: string): AsyncDisposable {
  const startedAt = clock.now();
  const beat = () =>
    redis.hset(key, `${role} ${instance}`, JSON.stringify({ at: clock.now(), startedAt, pid: process.pid }));
  const quietly = (fault: unknown) => logger.debug({ err: fault }, 'no beat');
  beat().catch(quietly);
  return repeat(everyMs, beat, quietly);
}

/** The beats of all processes; those silent for a day are forgotten. */
export async function readBeats(redis: Redis, clock: Clock): Promise<ProcessBeat[]> {
  const beats: ProcessBeat[] = [];
  for (const [name, text] of Object.entries(await redis.hgetall(key))) {
    const parsed = Beat.safeParse(JSON.parse(text));
    const [role = '', instance = ''] = name.split(' ');
    if (!parsed.success || clock.now() - parsed.data.at > forgottenAfterMs) await redis.hdel(key, name);
    else beats.push({ role, instance, ...parsed.data });
  }
  return beats;
}
