import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { z } from 'zod';

/** A new time-ordered id of a kind: `newId(OrderId, 'ord')`. The schema checks that the prefix fits. */
export function newId<Schema extends z.ZodType<string>>(schema: Schema, prefix: string): z.infer<Schema> {
  return schema.parse(`${prefix}_${randomUUIDv7().replaceAll('-', '')}`);
}

/** 256 random bits, base64url: for what must not be guessed. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
