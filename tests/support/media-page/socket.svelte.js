/** The smallest live socket that can carry a room's media: enters the room, and enters it again after a cut. */
export class PageSocket {
  isOpen = $state(false);
  #room;
  #socket;
  #nextId = 1;
  #entries = 0;
  /** @type {Map<number, {resolve: (answer: any) => void, reject: (fault: Error) => void}>} */
  #asked = new Map();
  /** @type {Map<string, Set<(d: unknown) => void>>} */
  #hearers = new Map();
  /** @type {Set<() => void>} */
  #returners = new Set();

  /** @param {string} room */
  constructor(room) {
    this.#room = room;
    this.#socket = this.#open();
  }

  /** @param {string} t @param {unknown} d @returns {Promise<any>} */
  request(t, d) {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#asked.set(id, { resolve, reject });
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ t, id, r: this.#room, d }));
    else reject(new Error('the socket is closed'));
    return promise;
  }

  /** @param {string} t @param {(d: unknown) => void} hear */
  on(t, hear) {
    const hearers = this.#hearers.get(t) ?? new Set();
    this.#hearers.set(t, hearers.add(hear));
    return () => hearers.delete(hear);
  }

  /** @param {() => void} hear */
  onReturn(hear) {
    this.#returners.add(hear);
    return () => this.#returners.delete(hear);
  }

  #open() {
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

  /** @param {any} frame */
  #hear(frame) {
    if (frame.t === 'gateway.ready') {
      this.request('room.enter', { streamId: this.#room }).then(() => {
        this.isOpen = true;
        this.#entries += 1;
        if (this.#entries > 1) for (const hear of this.#returners) hear();
      });
    } else if (frame.re !== undefined) {
      this.#asked.get(frame.re)?.resolve(frame.d);
      this.#asked.delete(frame.re);
    } else {
      for (const hear of this.#hearers.get(frame.t) ?? []) hear(frame.d);
    }
  }
}
