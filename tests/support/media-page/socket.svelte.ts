import type { MediaSignal, SignalAnswer } from '../../../web/src/player/signal.ts';

type Frame = { t: string; re?: number; d: unknown };
type Asked = { resolve(answer: SignalAnswer): void; reject(fault: Error): void };

/** The smallest live socket that can carry a room's media: enters the room, and enters it again after a cut. */
export class PageSocket implements MediaSignal {
  isOpen = $state(false);
  readonly #room: string;
  #socket: WebSocket;
  #nextId = 1;
  #entries = 0;
  readonly #asked = new Map<number, Asked>();
  readonly #hearers = new Map<string, Set<(d: unknown) => void>>();
  readonly #returners = new Set<() => void>();

  constructor(room: string) {
    this.#room = room;
    this.#socket = this.#open();
  }

  request(t: string, d: unknown): Promise<SignalAnswer> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<SignalAnswer>();
    this.#asked.set(id, { resolve, reject });
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ t, id, r: this.#room, d }));
    else reject(new Error('the socket is closed'));
    return promise;
  }

  on(t: string, hear: (d: unknown) => void): () => void {
    const hearers = this.#hearers.get(t) ?? new Set<(d: unknown) => void>();
    this.#hearers.set(t, hearers.add(hear));
    return () => void hearers.delete(hear);
  }

  onReturn(hear: () => void): () => void {
    this.#returners.add(hear);
    return () => void this.#returners.delete(hear);
  }

  #open(): WebSocket {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/live`, 'live.v1.json');
    socket.onmessage = ({ data }) => {
      for (const frame of [JSON.parse(data)].flat()) this.#hear(frame);
    };
    socket.onclose = () => {
      this.isOpen = false;
      for (const { reject } of this.#asked.values()) reject(new Error('the socket is closed'));
      this.#asked.clear();
      setTimeout(() => {
        this.#socket = this.#open();
      }, 200);
    };
    return socket;
  }

  #hear(frame: Frame): void {
    if (frame.t === 'gateway.ready') {
      this.request('room.enter', { streamId: this.#room }).then(
        () => {
          this.isOpen = true;
          this.#entries += 1;
          if (this.#entries > 1) for (const hear of this.#returners) hear();
        },
        () => {},
      );
    } else if (frame.re !== undefined) {
      this.#asked.get(frame.re)?.resolve(frame.d as SignalAnswer);
      this.#asked.delete(frame.re);
    } else {
      for (const hear of this.#hearers.get(frame.t) ?? []) hear(frame.d);
    }
  }
}
