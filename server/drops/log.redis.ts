import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DropId } from '#contract/ids.ts';
import { type LoggedClaim, parseVerdict } from './core/claim.ts';
import { dropKeys, recorderGroup } from './keys.ts';
import type { ClaimBatch, ClaimLog, LogEntry } from './store.ts';

const Entries = z.array(z.tuple([z.string(), z.array(z.string()).nullable()]));
const Claimed = z.tuple([z.string(), Entries]).rest(z.unknown());
const Read = z.array(z.tuple([z.string(), Entries])).nullable();
const Waiting = z.array(z.tuple([z.string(), z.string(), z.number(), z.number()]));

/** The log as a Redis stream, read by a consumer group. */
export function redisClaimLog(redis: Redis): ClaimLog {
  const known = new Set<string>();
  return {
    async read(dropId, recorder, { count, idleMs }) {
      const { log } = dropKeys(dropId);
      if (!(await ensureGroup(redis, log, known))) return [];
      try {
        const left = Claimed.parse(
          await redis.xautoclaim(log, recorderGroup, recorder, idleMs, '0-0', 'COUNT', count),
        )[1];
        const read = Read.parse(
          await redis.xreadgroup('GROUP', recorderGroup, recorder, 'COUNT', count, 'STREAMS', log, '>'),
        );
        const entries = [...left, ...(read?.[0]?.[1] ?? [])];
        const tries = await deliveriesOf(redis, log, left);
        return entries.map(([id, raw]) => readEntry(dropId, id, raw ?? [], tries.get(id) ?? 1));
      } catch (fault) {
        // The stream was lost with its group, and comes back with the next epoch.
        if (fault instanceof Error && fault.message.startsWith('NOGROUP')) known.delete(log);
        else throw fault;
        return [];
      }
    },
    async settle(dropId, ids) {
      if (ids.length > 0) await redis.xack(dropKeys(dropId).log, recorderGroup, ...ids);
    },
  };
}

async function ensureGroup(redis: Redis, log: string, known: Set<string>): Promise<boolean> {
  if (known.has(log)) return true;
  if ((await redis.exists(log)) === 0) return false;
  try {
    await redis.xgroup('CREATE', log, recorderGroup, '0');
  } catch (fault) {
    if (!(fault instanceof Error && fault.message.startsWith('BUSYGROUP'))) throw fault;
  }
  known.add(log);
  return true;
}

async function deliveriesOf(redis: Redis, log: string, entries: z.infer<typeof Entries>) {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return new Map<string, number>();
  const waiting = Waiting.parse(
    await redis.xpending(log, recorderGroup, first[0], last[0], entries.length * 2),
  );
  return new Map(waiting.map(([id, , , deliveries]) => [id, deliveries]));
}

function readEntry(dropId: DropId, id: string, raw: string[], deliveries: number): LogEntry {
  return { id, raw, deliveries, batch: readBatch(dropId, id, raw) };
}

const Fields = z.object({
  epoch: z.coerce.number().int(),
  openedAt: z.coerce.number().int(),
  since: z.coerce.number().int(),
  first: z.coerce.number().int(),
  claims: z.string().min(1),
});

/** A log entry's fields as a batch, or undefined where they are not one. */
function readBatch(dropId: DropId, batchId: string, raw: readonly string[]): ClaimBatch | undefined {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2)
    pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  const fields = Fields.safeParse(Object.fromEntries(pairs));
  if (!fields.success) return undefined;
  const { epoch, openedAt, since, first, claims } = fields.data;
  try {
    return {
      dropId,
      epoch,
      openedAt,
      sinceOpeningMs: since,
      batchId,
      first,
      claims: claims.split('\n').map(readClaim),
    };
  } catch {
    return undefined;
  }
}

function readClaim(line: string): LoggedClaim {
  const [viewer, key, verdict = '', ordinal] = line.split(' ');
  if (!viewer || !key || !ordinal || !/^\d+$/.test(ordinal)) throw new Error(`not a logged claim: ${line}`);
  return { viewer, key, ...parseVerdict(verdict), ordinal: Number(ordinal) };
}
