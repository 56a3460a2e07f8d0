import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import type { Mongo } from '#server/platform/mongo.ts';

const { EJSON } = mongoose.mongo.BSON;

/** The writes of one order as the server sent them, with the words in them that are new with every order. */
export type OrderWrites = { commands: Record<string, unknown>[]; orderId: string; fresh: string[] };

const writing = ['insert', 'update', 'findAndModify', 'delete'];
/** What the driver adds by itself to each command. */
const ofTheDriver = ['lsid', '$db', '$clusterTime', 'txnNumber', '$readPreference'];
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Listens to what one connection writes while `place` runs and settles; the connection must monitor its commands. */
export async function recordWrites(mongo: Mongo, place: () => Promise<string>): Promise<OrderWrites> {
  const seen: Record<string, unknown>[] = [];
  const hear = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    if (!writing.includes(commandName)) return;
    const own = Object.entries(command).filter(([name]) => !ofTheDriver.includes(name));
    seen.push(Object.fromEntries(own));
  };
  const client = mongo.getClient();
  client.on('commandStarted', hear);
  const orderId = await place();
  await new Promise((resolve) => setTimeout(resolve, 700));
  client.off('commandStarted', hear);
  const text = EJSON.stringify(seen);
  return { commands: seen, orderId, fresh: [...new Set(text.match(uuid) ?? [])] };
}

/** As text for another process. */
export const packWrites = (writes: OrderWrites): string => EJSON.stringify(writes);

/** The writes out of {@link packWrites}; dates are dates again. */
export const unpackWrites = (text: string): OrderWrites => EJSON.parse(text) as OrderWrites;

type Words = ReadonlyMap<string, string>;
type Part = (words: Words) => unknown;

const constant =
  (value: unknown): Part =>
  () =>
    value;

function compilePart(value: unknown, olds: readonly string[]): Part {
  if (typeof value === 'string') {
    const inside = olds.filter((old) => value.includes(old));
    if (inside.length === 0) return constant(value);
    if (inside[0] === value) return (words) => words.get(value);
    return (words) => inside.reduce((text, old) => text.replaceAll(old, words.get(old) ?? ''), value);
  }
  if (Array.isArray(value)) {
    const items = value.map((one) => compilePart(one, olds));
    return (words) => items.map((item) => item(words));
  }
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return constant(value);
  const fields = Object.entries(value).map(([name, one]) => [name, compilePart(one, olds)] as const);
  return (words) => {
    const made: Record<string, unknown> = {};
    for (const [name, part] of fields) made[name] = part(words);
    return made;
  };
}

/** Makes the same writes again for a new order under new ids: call it once an order. */
export function compileWrites({ commands, orderId, fresh }: OrderWrites) {
  const olds = [orderId, ...fresh];
  const parts = commands.map((command) => compilePart(command, olds));
  return (): { orderId: string; commands: mongoose.mongo.Document[] } => {
    const words = new Map(fresh.map((old) => [old, randomUUID() as string]));
    const id = `ord_${randomUUID().replaceAll('-', '')}`;
    words.set(orderId, id);
    return { orderId: id, commands: parts.map((part) => part(words) as mongoose.mongo.Document) };
  };
}
