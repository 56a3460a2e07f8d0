import mongoose from 'mongoose';
import { logger } from './logger.ts';

export type Mongo = mongoose.Connection;

mongoose.set('strictQuery', true);
mongoose.set('sanitizeFilter', true);

/** Connects to the record. Writes wait for the majority's journal; models never make indexes (migrations do). */
export async function openMongo(uri: string): Promise<Mongo> {
  const connection = mongoose.createConnection(uri, {
    autoIndex: false,
    autoCreate: false,
    retryWrites: false,
    writeConcern: { w: 'majority', j: true },
    serverSelectionTimeoutMS: 8000,
    maxPoolSize: 40,
  });
  connection.on('disconnected', () => logger.warn('mongodb is away'));
  connection.on('reconnected', () => logger.info('mongodb is back'));
  await connection.asPromise();
  return connection;
}

/** Closes for good, without the words for a lost server. */
export async function closeMongo(mongo: Mongo): Promise<void> {
  mongo.removeAllListeners('disconnected');
  await mongo.close();
}

/** Whether a fault says that a document of this `_id` (or unique key) is there already. */
export function isDuplicate(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === 11000;
}

/**
 * The model of a collection, made once per connection. Documents have a string `_id`; `Document` is their plain
 * shape, read with `lean()`. Trusted operators in filters (`$gt` …) go through `mongoose.trusted`.
 */
export function modelOf<Document extends { _id: string }>(
  mongo: Mongo,
  collection: string,
  fields: mongoose.SchemaDefinition,
): mongoose.Model<Document> {
  const known = mongo.models[collection] as mongoose.Model<Document> | undefined;
  if (known) return known;
  const schema = new mongoose.Schema<Document>(
    { _id: { type: String, required: true }, ...fields } as mongoose.SchemaDefinition<Document>,
    { versionKey: false, minimize: false, collection, strict: 'throw' },
  );
  return mongo.model<Document>(collection, schema);
}

export const { trusted } = mongoose;
export const { Mixed } = mongoose.Schema.Types;

/** A change of the record's shape, run once per installation, in the order of the list. */
export type Migration = { name: string; run(mongo: Mongo): Promise<void> };

/** Runs what has not run yet; a lock document lets one process at a time in, a lock of 60 s is a dead one's. */
export async function migrate(mongo: Mongo, migrations: readonly Migration[]): Promise<void> {
  const marks = mongo.collection<{ _id: string; at: Date }>('migrations');
  const done = new Set((await marks.find({}).toArray()).map(({ _id }) => _id));
  if (migrations.every(({ name }) => done.has(name))) return;
  await takeLock(marks);
  try {
    const doneNow = new Set((await marks.find({}).toArray()).map(({ _id }) => _id));
    for (const { name, run } of migrations) {
      if (doneNow.has(name)) continue;
      await run(mongo);
      await marks.updateOne({ _id: name }, { $set: { at: new Date() } }, { upsert: true });
      logger.info({ migration: name }, 'migrated');
    }
  } finally {
    await marks.deleteOne({ _id: 'lock' });
  }
}

type Marks = ReturnType<typeof mongoose.Connection.prototype.collection<{ _id: string; at: Date }>>;

async function takeLock(marks: Marks): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    try {
      await marks.insertOne({ _id: 'lock', at: new Date() });
      return;
    } catch (fault) {
      if (!isDuplicate(fault)) throw fault;
    }
    await marks.deleteOne({ _id: 'lock', at: { $lt: new Date(Date.now() - 60_000) } });
    if (Date.now() > deadline) throw new Error('another process has been migrating for 90 s');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
