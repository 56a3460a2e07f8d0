import { createHash } from 'node:crypto';
import type { StreamId } from '#contract/ids.ts';

const shards = 64;

/** The shard of a name, 0–63: equal in every process and release. */
function shardOf(name: string): string {
  return String(createHash('sha1').update(name).digest().readUInt16BE(0) % shards).padStart(2, '0');
}

/** The hash tag that all keys and the channel of a room carry, so that one script may touch them on a cluster. */
export const roomTag = (streamId: StreamId): string => `{rs:${shardOf(streamId)}}`;

/** All tags of rooms, for those who work through every room of an installation. */
export const roomTags: readonly string[] = Array.from(
  { length: shards },
  (_, shard) => `{rs:${String(shard).padStart(2, '0')}}`,
);

/** The channel that carries words to the sockets of a person. */
export const personChannel = (personId: string): string => `{ps:${shardOf(personId)}}`;
