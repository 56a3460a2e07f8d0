import { WebSocket as ReconnectingSocket } from 'partysocket';
import type { z } from 'zod';
import { shouldComeBack } from '#contract/close-codes.ts';
import {
  Answer,
  gatewayLive,
  type LiveContract,
  type Position,
  type ServerFrame,
  ServerFrames,
  subprotocol,
} from '#contract/envelope.ts';
import type { StreamId } from '#contract/ids.ts';
import { localNow, type ServerClock } from '../ui/server-clock.svelte.ts';

export type Link = 'connecting' | 'open' | 'reconnecting' | 'ended';
/** The answer to a request, with the value still to be parsed by whoever knows the contract. */
export type Reply =
  | { ok: true; value: unknown }
  | { ok: false; refusal: string; detail?: string | undefined; retryAfterMs?: number | undefined };

type Waiting = { text: string; resolve(reply: Reply): void; isSafeToRepeat: boolean; timer: number };
type Hear = (d: unknown) => void;
type Room = {
  position: Position | undefined;
  hear: Map<string, Set<Hear>>;
  snapshot: Set<Hear>;
  returned: Set<() => void>;
  viewingSessionId: string;
};

const patienceMs = 10_000;

/**
 * The page's one websocket: rooms are entered again where they stopped after every cut, requests are answered or
 * refused within 10 s, and those that are safe to repeat are sent once more.
 */
export class LiveSocket {
  link = $state<Link>('connecting');
  /** Since when the link is not open; 0 while it is. */
  downSince = $state(0);
  readonly #clock: ServerClock;
  readonly #address: string;
  #socket: ReconnectingSocket | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();
  readonly #rooms = new Map<StreamId, Room>();
  readonly #personal = new Map<string, Set<Hear>>();
  #isReady = false;

  constructor(address: string, clock: ServerClock) {
    this.#address = address;
    this.#clock = clock;
  }

  open(): void {
    if (this.#socket) return;
    const socket = new ReconnectingSocket(this.#address, subprotocol, {
      minReconnectionDelay: 200 + Math.random() * 300,
      maxReconnectionDelay: 5000,
      reconnectionDelayGrowFactor: 1.6,
      connectionTimeout: 6000,
    });
    this.#socket = socket;
    socket.addEventListener('message', (event) => this.#hear(String(event.data)));
    socket.addEventListener('close', (event) => this.#lost(event.code));
    this.downSince = localNow();
  }

  /** Opens anew, after a sign-in or sign-out changed who this is, or because somebody pressed "Try now". */
  reopen(): void {
    this.#isReady = false;
    // A snapshot speaks of its reader's own coupons: another reader needs another one.
    for (const room of this.#rooms.values()) room.position = undefined;
    this.link = 'reconnecting';
    if (this.#socket) this.#socket.reconnect();
    else this.open();
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.link = 'ended';
  }

  /**
   * Asks, in a room or outside. `isSafeToRepeat`: sent again after a cut, since the server answers the same key or
   * question alike; others are refused with `not-known-yet` when the link breaks.
   */
  request(
    t: string,
    d: unknown,
    { room, isSafeToRepeat = false }: { room?: StreamId; isSafeToRepeat?: boolean } = {},
  ): Promise<Reply> {
    const id = this.#nextId++;
    const text = JSON.stringify({ t, id, d, ...(room ? { r: room } : {}) });
    return new Promise((resolve) => {
      const timer = window.setTimeout(
        () => this.#settle(id, { ok: false, refusal: 'not-known-yet' }),
        patienceMs,
      );
      this.#waiting.set(id, { text, resolve, isSafeToRepeat, timer });
      if (this.#isReady) this.#socket?.send(text);
      else if (!isSafeToRepeat) this.#settle(id, { ok: false, refusal: 'not-known-yet' });
    });
  }

  /** Hears words for this person, or for this page. */
  on<Contract extends LiveContract, T extends keyof Contract['toClient'] & string>(
    contract: Contract,
    t: T,
    hear: (d: z.infer<Contract['toClient'][T]['schema']>) => void,
  ): () => void {
    return add(this.#personal, t, parsing(contract, t, hear));
  }

  /** Enters a room; `snapshot` is called with every whole state: at once, and when a gap could not be filled. */
  enter(streamId: StreamId, snapshot: (parts: Record<string, unknown>) => void): RoomLink {
    const room = this.#rooms.get(streamId) ?? {
      position: undefined,
      hear: new Map(),
      snapshot: new Set(),
      returned: new Set(),
      viewingSessionId: '',
    };
    this.#rooms.set(streamId, room);
    const take: Hear = (d) => snapshot(d as Record<string, unknown>);
    room.snapshot.add(take);
    if (this.#isReady) void this.#enterRoom(streamId, room);
    return {
      on: (contract, t, hear) => add(room.hear, t, parsing(contract, t, hear)),
      hear: (t, hear) => add(room.hear, t, hear),
      onReturn: (hear) => {
        room.returned.add(hear);
        return () => room.returned.delete(hear);
      },
      request: (t, d, isSafeToRepeat = false) => this.request(t, d, { room: streamId, isSafeToRepeat }),
      leave: () => {
        room.snapshot.delete(take);
        if (room.snapshot.size > 0) return;
        this.#rooms.delete(streamId);
        if (this.#isReady) void this.request('room.leave', { streamId });
      },
    };
  }

  async #enterRoom(streamId: StreamId, room: Room, isReturn = false): Promise<void> {
    const answer = await this.request('room.enter', {
      streamId,
      ...(room.position ? { last: room.position } : {}),
    });
    if (!answer.ok) {
      for (const take of room.snapshot) take({ refusal: answer.refusal });
      return;
    }
    const value = gatewayLive.fromClient['room.enter'].value.parse(answer.value);
    room.viewingSessionId = value.viewingSessionId;
    if (value.snapshot) {
      room.position = value.position;
      for (const take of room.snapshot) take(value.snapshot);
    }
    if (isReturn) for (const hear of room.returned) hear();
  }

  #hear(raw: string): void {
    const told = ServerFrames.parse(JSON.parse(raw));
    for (const frame of Array.isArray(told) ? told : [told]) this.#take(frame);
  }

  #take(frame: ServerFrame): void {
    if (frame.t === 'gateway.ready') {
      this.#ready();
      return;
    }
    if (frame.re !== undefined) {
      this.#settle(frame.re, Answer.parse(frame.d));
      return;
    }
    const room = frame.r && this.#rooms.get(frame.r);
    if (!room) {
      for (const hear of this.#personal.get(frame.t) ?? []) hear(frame.d);
      return;
    }
    if (frame.t === 'room.resync') {
      const { position, snapshot } = gatewayLive.toClient['room.resync'].schema.parse(frame.d);
      room.position = position;
      for (const take of room.snapshot) take(snapshot);
      return;
    }
    if (frame.s !== undefined && frame.e !== undefined) {
      // A frame that the snapshot or the gap has already told.
      if (room.position?.epoch === frame.e && frame.s <= room.position.s) return;
      room.position = { epoch: frame.e, s: frame.s };
    }
    for (const hear of room.hear.get(frame.t) ?? []) hear(frame.d);
  }

  #ready(): void {
    const isReturn = this.link === 'reconnecting';
    this.#isReady = true;
    this.link = 'open';
    this.downSince = 0;
    for (const [streamId, room] of this.#rooms) void this.#enterRoom(streamId, room, isReturn);
    for (const { text, isSafeToRepeat } of this.#waiting.values())
      if (isSafeToRepeat) this.#socket?.send(text);
    void this.#readClock();
  }

  #lost(code: number): void {
    if (this.#isReady || this.downSince === 0) this.downSince = localNow();
    this.#isReady = false;
    // partysocket's own close event, of a reconnect that we asked for, carries no number.
    this.link = !Number.isInteger(code) || shouldComeBack(code) ? 'reconnecting' : 'ended';
    if (this.link === 'ended') this.#socket?.close();
    for (const [id, { isSafeToRepeat }] of this.#waiting)
      if (!isSafeToRepeat) this.#settle(id, { ok: false, refusal: 'not-known-yet' });
  }

  #settle(id: number, reply: Reply): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(reply);
  }

  /** Five pings give the clock its least-delayed sample; called at each return and every 30 s. */
  async #readClock(): Promise<void> {
    this.#clock.restart();
    for (let ping = 0; ping < 5; ping += 1) {
      const askedAt = localNow();
      const reply = await this.request('clock.read', {});
      if (!reply.ok) return;
      const { serverNow } = gatewayLive.fromClient['clock.read'].value.parse(reply.value);
      this.#clock.sample(serverNow, askedAt, localNow());
    }
  }

  /** Measures the clock anew every 30 s and on return to the tab, until the returned function is called. */
  keepTime(): () => void {
    const again = () => {
      if (this.#isReady && document.visibilityState === 'visible') void this.#readClock();
    };
    const timer = setInterval(again, 30_000);
    document.addEventListener('visibilitychange', again);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }
}

/** One room of the socket, as features use it. */
export type RoomLink = {
  on<Contract extends LiveContract, T extends keyof Contract['toClient'] & string>(
    contract: Contract,
    t: T,
    hear: (d: z.infer<Contract['toClient'][T]['schema']>) => void,
  ): () => void;
  /** Raw words, for the player's own parsing. */
  hear(t: string, hear: Hear): () => void;
  /** Called each time the room was entered again after a cut. */
  onReturn(hear: () => void): () => void;
  request(t: string, d: unknown, isSafeToRepeat?: boolean): Promise<Reply>;
  leave(): void;
};

function add(map: Map<string, Set<Hear>>, t: string, hear: Hear): () => void {
  const known = map.get(t) ?? new Set();
  map.set(t, known.add(hear));
  return () => known.delete(hear);
}

function parsing<Contract extends LiveContract, T extends keyof Contract['toClient'] & string>(
  contract: Contract,
  t: T,
  hear: (d: z.infer<Contract['toClient'][T]['schema']>) => void,
): Hear {
  const schema: z.ZodType | undefined = contract.toClient[t]?.schema;
  return (d) => {
    const parsed = schema?.safeParse(d);
    if (parsed?.success) hear(parsed.data as z.infer<Contract['toClient'][T]['schema']>);
    else console.error(`unreadable ${t}`, parsed?.error);
  };
}
