import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const rotateAt = 20 << 20;
const warn = 40;

/** Takes what processes print: all of it into files, what matters to the console. */
export type LogFile = {
  reader: (
    name: string,
    onLine: (line: string) => void,
  ) => { out: (chunk: Buffer) => void; err: (chunk: Buffer) => void };
  /** The name of a part's log and its last lines that the console was not told, for a message. */
  hint: (name: string) => string;
};

/** Logs under `folder`, one file a part, the one before kept as `.1` when a file passes 20 MB. */
export function openLogs(folder: string, tell: (name: string, line: string) => void): LogFile {
  mkdirSync(folder, { recursive: true });
  const sizes = new Map<string, number>();
  const lastLines = new Map<string, string[]>();
  const fileOf = (name: string) => join(folder, `${name}.log`);

  const keep = (name: string, chunk: Buffer) => {
    const file = fileOf(name);
    const size = (sizes.get(name) ?? statSync(file, { throwIfNoEntry: false })?.size ?? 0) + chunk.length;
    if (size > rotateAt) renameSync(file, `${file}.1`);
    sizes.set(name, size > rotateAt ? chunk.length : size);
    appendFileSync(file, chunk);
  };

  /** `take` answers whether the console was told. */
  const lineReader = (name: string, take: (line: string) => boolean) => {
    let rest = '';
    return (chunk: Buffer) => {
      keep(name, chunk);
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter(Boolean)) {
        if (!take(line)) lastLines.set(name, [...(lastLines.get(name) ?? []), line].slice(-12));
      }
    };
  };

  return {
    reader: (name, onLine) => ({
      out: lineReader(name, (line) => {
        onLine(line);
        const warning = warningIn(line);
        if (warning) tell(name, warning);
        return warning !== undefined;
      }),
      err: lineReader(name, (line) => {
        tell(name, line);
        return true;
      }),
    }),
    hint: (name) => {
      const lines = lastLines.get(name) ?? [];
      return `; its log is ${fileOf(name)}${lines.map((line) => `\n    ${line}`).join('')}`;
    },
  };
}

/** The words of a structured log line of level warn or worse. */
export function warningIn(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return undefined;
    if (!('level' in entry) || typeof entry.level !== 'number' || entry.level < warn) return undefined;
    const cause = 'err' in entry && typeof entry.err === 'object' && entry.err !== null ? entry.err : {};
    const words = [
      'msg' in entry ? entry.msg : undefined,
      'message' in cause ? cause.message : undefined,
    ].filter(Boolean);
    return `${entry.level >= 50 ? 'error' : 'warning'}: ${[...new Set(words)].join(': ') || line}`;
  } catch {
    return undefined;
  }
}
