import {
  type DanmakuLine,
  DanmakuSnapshot,
  danmakuLimit,
  danmakuLive,
  danmakuPart,
} from '#contract/danmaku.ts';
import { newKey } from '../../live/api.ts';
import type { RoomLink } from '../../live/socket.svelte.ts';

const kept = 200;
const likesEveryMs = 400;

/** A line on this screen: what the server told, or the own one on its way. */
export type ShownLine = Pick<DanmakuLine, 'text' | 'kind'> & {
  id: string;
  handle: string | undefined;
  n: number;
  isOwn: boolean;
  /** Why it did not go out. */
  refusal?: string;
};

type Fly = (line: ShownLine) => void;

/** Lines and likes of a room. The own line shows at once and settles when the server answers. */
export class DanmakuController {
  lines = $state<ShownLine[]>([]);
  likes = $state(0);
  /** Until when the composer waits, on the page's own monotonic clock. */
  waitUntil = $state(0);
  readonly #link: RoomLink;
  readonly #ownHandle: () => string;
  readonly #ownKeys = new Set<string>();
  readonly #flying = new Set<Fly>();
  #tappedLikes = 0;
  #sending: ReturnType<typeof setTimeout> | undefined;

  constructor(link: RoomLink, ownHandle: () => string) {
    this.#link = link;
    this.#ownHandle = ownHandle;
    link.on(danmakuLive, 'danmaku.posted', (line) => this.#add(line));
    link.on(danmakuLive, 'danmaku.likes', ({ likes }) => {
      this.likes = Math.max(likes, this.likes);
    });
  }

  /** The last 50 lines fill the list without flying. */
  take(parts: Record<string, unknown>): void {
    const parsed = DanmakuSnapshot.safeParse(parts[danmakuPart]);
    if (!parsed.success) return;
    this.lines = parsed.data.lines.map((line) => this.#shown(line));
    this.likes = parsed.data.likes;
  }

  /** Called with each new line, for the lanes over the video. */
  onLine(fly: Fly): () => void {
    this.#flying.add(fly);
    return () => this.#flying.delete(fly);
  }

  /** Posts; true when the server took it. */
  async post(text: string): Promise<boolean> {
    const words = text.trim();
    if (words === '' || [...words].length > danmakuLimit) return false;
    const key = newKey();
    this.#ownKeys.add(key);
    const own: ShownLine = {
      id: key,
      text: words,
      kind: 'viewer',
      handle: this.#ownHandle(),
      n: Number.MAX_SAFE_INTEGER,
      isOwn: true,
    };
    this.#show(own);
    const answer = await this.#link.request('danmaku.post', { text: words, key }, true);
    if (answer.ok) {
      this.#settle(key, this.#shown(danmakuLive.fromClient['danmaku.post'].value.parse(answer.value).line));
      return true;
    }
    if (answer.retryAfterMs !== undefined) this.waitUntil = performance.now() + answer.retryAfterMs;
    this.#settle(key, { ...own, refusal: answer.refusal });
    return false;
  }

  /** Takes a line that was refused off the own screen. */
  forget(id: string): void {
    this.lines = this.lines.filter((line) => line.id !== id);
  }

  /** Counts a tap at once; taps travel together. */
  like(): void {
    this.likes += 1;
    this.#tappedLikes += 1;
    this.#sending ??= setTimeout(() => {
      const taps = Math.min(20, this.#tappedLikes);
      this.#tappedLikes = 0;
      this.#sending = undefined;
      void this.#link.request('danmaku.like', { taps });
    }, likesEveryMs);
  }

  #add(line: DanmakuLine): void {
    const shown = this.#shown(line);
    if (line.key !== undefined && this.#ownKeys.has(line.key)) {
      this.#settle(line.key, shown);
      return;
    }
    if (this.lines.some(({ id }) => id === shown.id)) return;
    this.#show(shown);
  }

  #show(line: ShownLine): void {
    this.lines = [...this.lines, line].slice(-kept);
    for (const fly of this.#flying) fly(line);
  }

  #settle(key: string, line: ShownLine): void {
    const rest = this.lines.filter(({ id }) => id !== key && id !== line.id);
    this.lines = [...rest, line].toSorted((a, b) => a.n - b.n).slice(-kept);
  }

  #shown(line: DanmakuLine): ShownLine {
    const isOwn = line.handle !== undefined && line.handle === this.#ownHandle();
    return { id: line.lineId, text: line.text, kind: line.kind, handle: line.handle, n: line.n, isOwn };
  }
}
