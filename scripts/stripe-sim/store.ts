import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';

type Identified = { id: string };

/** Records of one kind in order of first insertion. `put` replaces a record whole. */
export class Collection<T extends Identified> {
  readonly #records = new Map<string, T>();
  readonly #changed: (id: string, record: T | undefined) => void;

  constructor(changed: (id: string, record: T | undefined) => void) {
    this.#changed = changed;
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  put(record: T): T {
    this.#records.set(record.id, record);
    this.#changed(record.id, record);
    return record;
  }

  remove(id: string): void {
    if (this.#records.delete(id)) this.#changed(id, undefined);
  }

  /** Oldest first. */
  all(): T[] {
    return [...this.#records.values()];
  }

  /** Takes what the disk kept, without telling the disk again. */
  restore(id: string, record: T | undefined): void {
    if (record === undefined) this.#records.delete(id);
    else this.#records.set(id, record);
  }
}

const Line = z.object({ kind: z.string(), id: z.string(), record: z.unknown().optional() });

type Reader = (id: string, record: unknown) => void;

/**
 * Collections on disk: a snapshot file, and beside it a log of one JSON line a change. Each `commit` appends what
 * changed since the last one, so a process that is killed loses nothing it has answered.
 */
export class Store {
  readonly #file: string | undefined;
  readonly #readers = new Map<string, Reader>();
  readonly #snapshots: (() => string[])[] = [];
  #log: number | undefined;
  #pending: string[] = [];

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Names a collection. `shape` checks what is read back from disk. */
  collection<T extends Identified>(kind: string, shape: z.ZodType<T>): Collection<T> {
    const line = (id: string, record: T | undefined) => JSON.stringify({ kind, id, record });
    const made = new Collection<T>((id, record) => this.#pending.push(line(id, record)));
    this.#readers.set(kind, (id, record) =>
      made.restore(id, record === undefined ? undefined : shape.parse(record)),
    );
    this.#snapshots.push(() => made.all().map((record) => line(record.id, record)));
    return made;
  }

  /** Reads snapshot and log, writes both back as one fresh snapshot, and opens an empty log. */
  open(): void {
    if (this.#file === undefined) return;
    const log = `${this.#file}.log`;
    for (const file of [this.#file, log]) if (existsSync(file)) this.#read(readFileSync(file, 'utf8'));
    this.#writeSnapshot(this.#file);
    this.#log = openSync(log, 'w', 0o600);
  }

  #read(text: string): void {
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      if (line === '' || line === '[' || line === ']') continue;
      let parsed: unknown;
      try {
        parsed = JSON.parse(line.replace(/,$/, ''));
      } catch (fault) {
        if (index === lines.length - 1) return;
        throw fault;
      }
      const { kind, id, record } = Line.parse(parsed);
      this.#readers.get(kind)?.(id, record);
    }
  }

  #writeSnapshot(file: string): void {
    const lines = this.#snapshots.flatMap((take) => take());
    const fresh = `${file}.new`;
    const descriptor = openSync(fresh, 'w', 0o600);
    writeFileSync(descriptor, `[\n${lines.join(',\n')}\n]\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(fresh, file);
  }

  /** Puts every change since the last commit on disk. */
  commit(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (this.#log !== undefined && pending.length > 0) writeSync(this.#log, `${pending.join('\n')}\n`);
  }

  close(): void {
    this.commit();
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }
}
