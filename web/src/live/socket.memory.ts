import type { Link, LiveSocket, Reply, RoomLink } from './socket.svelte.ts';

type Asked = { t: string; d: unknown };
type Hear = (d: unknown) => void;

/** The live socket for tests: answers as it is told to, and speaks when it is told to. */
export class MemorySocket implements Pick<LiveSocket, 'on' | 'link' | 'enter'> {
  link: Link = 'open';
  /** Everything that was asked, oldest first. */
  readonly asked: Asked[] = [];
  /** Answers to the next requests, first come first served; a request without one waits. */
  readonly replies: Reply[] = [];
  readonly #waiting: ((reply: Reply) => void)[] = [];
  readonly #hear = new Map<string, Set<Hear>>();
  #snapshot: Hear = () => {};

  /** Answers the oldest request that waits. */
  answer(reply: Reply): void {
    this.#waiting.shift()?.(reply);
  }

  /** Says a word, as the server would. */
  tell(t: string, d: unknown): void {
    for (const hear of this.#hear.get(t) ?? []) hear(d);
  }

  /** Gives a room's whole state. */
  tellSnapshot(parts: Record<string, unknown>): void {
    this.#snapshot(parts);
  }

  on: LiveSocket['on'] = (contract, t, hear) => {
    const known = this.#hear.get(t) ?? new Set();
    const parsed: Hear = (d) => hear(contract.toClient[t]?.schema.parse(d) as Parameters<typeof hear>[0]);
    this.#hear.set(t, known.add(parsed));
    return () => known.delete(parsed);
  };

  enter: LiveSocket['enter'] = (_streamId, snapshot): RoomLink => {
    this.#snapshot = (d) => snapshot(d as Record<string, unknown>);
    return {
      on: this.on,
      hear: () => () => {},
      onReturn: () => () => {},
      request: (t, d) => {
        this.asked.push({ t, d });
        const reply = this.replies.shift();
        return reply ? Promise.resolve(reply) : new Promise((resolve) => this.#waiting.push(resolve));
      },
      leave: () => {},
    };
  };
}
