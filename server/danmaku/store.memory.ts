import type { DanmakuLine } from '#contract/danmaku.ts';
import type { StreamId } from '#contract/ids.ts';
import type { DanmakuArchive, DanmakuLog, Waiting } from './store.ts';

/** What is said, in this process alone. */
export function memoryDanmakuLog(): DanmakuLog {
  const rooms = new Map<StreamId, { n: number; lines: DanmakuLine[] }>();
  const answered = new Map<string, DanmakuLine>();
  const totals = new Map<StreamId, number>();
  const counts = new Map<string, number>();
  let queue: Waiting[] = [];
  let underWay: { batch: Waiting[]; since: number }[] = [];

  return {
    async append(line, writer, seed) {
      const key = `${line.streamId}:${writer}:${line.key ?? line.lineId}`;
      const first = rooms.has(line.streamId) ? 0 : await seed();
      const before = answered.get(key);
      if (before) return before;
      const room = rooms.get(line.streamId) ?? { n: first, lines: [] };
      rooms.set(line.streamId, room);
      room.n += 1;
      const said = { ...line, n: room.n };
      room.lines = [...room.lines, said].slice(-50);
      answered.set(key, said);
      queue.push({ kind: 'line', line: said, accountId: writer });
      return said;
    },
    recent: async (streamId, count) => rooms.get(streamId)?.lines.slice(-count) ?? [],
    async like(streamId, taps, cap, seed) {
      let total = totals.get(streamId) ?? (await seed());
      for (const [accountId, wanted] of taps) {
        const key = `${streamId}:${accountId}`;
        const had = counts.get(key) ?? 0;
        const taken = Math.max(0, Math.min(wanted, cap - had));
        counts.set(key, had + taken);
        total += taken;
      }
      totals.set(streamId, total);
      queue.push({ kind: 'likes', streamId, likes: total });
      return total;
    },
    likes: async (streamId) => totals.get(streamId),
    async handOver(work, againMs) {
      const now = Date.now();
      const failed = underWay.filter(({ since }) => now - since >= againMs);
      underWay = underWay.filter((one) => !failed.includes(one));
      const batch = [...failed.flatMap((one) => one.batch), ...queue];
      queue = [];
      if (batch.length === 0) return 0;
      const turn = { batch, since: now };
      underWay.push(turn);
      await work(batch);
      underWay = underWay.filter((one) => one !== turn);
      return batch.length;
    },
  };
}

/** What was said, in this process alone. */
export function memoryDanmakuArchive(): DanmakuArchive {
  const lines = new Map<string, DanmakuLine>();
  const likes = new Map<StreamId, number>();
  const of = (streamId: StreamId) => [...lines.values()].filter((line) => line.streamId === streamId);

  return {
    async add(batch) {
      for (const one of batch) {
        if (one.kind === 'likes') likes.set(one.streamId, Math.max(one.likes, likes.get(one.streamId) ?? 0));
        else if (!lines.has(one.line.lineId)) {
          const { key: _, ...line } = one.line;
          lines.set(line.lineId, line);
        }
      }
    },
    async page(streamId, { after, fromMs = 0, limit }) {
      return of(streamId)
        .filter(({ streamMs }) => streamMs >= fromMs)
        .filter(
          ({ streamMs, n }) =>
            after === undefined || streamMs > after.streamMs || (streamMs === after.streamMs && n > after.n),
        )
        .toSorted((a, b) => a.streamMs - b.streamMs || a.n - b.n)
        .slice(0, limit);
    },
    last: async (streamId, count) =>
      of(streamId)
        .toSorted((a, b) => a.n - b.n)
        .slice(-count),
    lineCount: async (streamId) => of(streamId).length,
    moments: async (streamId) =>
      of(streamId)
        .filter(({ kind }) => kind !== 'order')
        .map(({ streamMs }) => streamMs)
        .toSorted((a, b) => a - b),
    likes: async (streamId) => likes.get(streamId) ?? 0,
  };
}
