import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { LoginSessionId, PersonId } from '#contract/ids.ts';
import { Actor } from '#contract/permissions.ts';
import { logger } from '../platform/logger.ts';

const Cached = z.object({ epoch: z.string(), personId: z.string(), aliveUntil: z.number(), actor: Actor });

const keptS = 60;
const epochKeptS = 3600;

/**
 * Actors by login session in Redis, for at most a minute. Each person has an epoch: an entry counts only while the
 * epoch it was read under stands, so a change of roles or an ended login session shows at the next request, and a
 * reader that was slow can't bring the old state back. Lost keys only cost a read of the record.
 */
export class ActorCache {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async read(loginSessionId: LoginSessionId, now: number): Promise<Actor | undefined> {
    try {
      const text = await this.#redis.get(entryKey(loginSessionId));
      const cached = text === null ? undefined : Cached.safeParse(JSON.parse(text)).data;
      if (cached === undefined || now >= cached.aliveUntil) return undefined;
      const epoch = await this.#redis.get(epochKey(cached.personId));
      return epoch === cached.epoch ? cached.actor : undefined;
    } catch (fault) {
      logger.debug({ err: fault }, 'actor cache is away');
      return undefined;
    }
  }

  /** The person's epoch, to be read before the record is; undefined while Redis is away. */
  async epochOf(personId: PersonId): Promise<string | undefined> {
    try {
      const key = epochKey(personId);
      await this.#redis.set(key, randomUUID(), 'EX', epochKeptS, 'NX');
      return (await this.#redis.get(key)) ?? undefined;
    } catch (fault) {
      logger.debug({ err: fault }, 'actor cache is away');
      return undefined;
    }
  }

  async write(
    loginSessionId: LoginSessionId,
    entry: { epoch: string; personId: PersonId; aliveUntil: number; actor: Actor },
  ): Promise<void> {
    await this.#redis
      .set(entryKey(loginSessionId), JSON.stringify(entry), 'EX', keptS)
      .catch((fault: unknown) => logger.debug({ err: fault }, 'actor cache is away'));
  }

  /**
   * Makes every entry of a person worthless; to be called after the record changed.
   * @throws when Redis is away: the caller then tells that the outcome is not known yet.
   */
  async invalidate(personId: PersonId): Promise<void> {
    await this.#redis.set(epochKey(personId), randomUUID(), 'EX', epochKeptS);
  }
}

const entryKey = (loginSessionId: LoginSessionId): string => `identity:actor:${loginSessionId}`;
const epochKey = (personId: string): string => `identity:epoch:${personId}`;
