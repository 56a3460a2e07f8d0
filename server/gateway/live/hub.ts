import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import type { z } from 'zod';
import { gatewayLive, type Position, subprotocol } from '#contract/envelope.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { type PersonId, type StreamId, ViewingSessionId } from '#contract/ids.ts';
import { identityChanged, identityEnded } from '#contract/internal/bus.ts';
import type { Actor } from '#contract/permissions.ts';
import type { Bus } from '../../platform/bus.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { logger } from '../../platform/logger.ts';
import {
  type Authenticator,
  type Authorizer,
  type PresenceSink,
  personOf,
  type SnapshotPart,
  type Visit,
} from '../ports.ts';
import type { RoomHistory } from './history.ts';
import { type LiveMessage, message } from './message.ts';
import { People } from './people.ts';
import { HubRoom } from './room.ts';
import { LiveSession } from './session.ts';
import { Subscriptions } from './subscriptions.ts';

const tickMs = 60;
const beatMs = 12_000;
const presenceMs = 5000;
const socketsPerAddress = 600;
const roomsPerSocket = 4;

type Parts = {
  history: RoomHistory;
  bus: Bus;
  clock: Clock;
  authenticator: Authenticator;
  authorizer: Authorizer;
  presence: PresenceSink;
  messages: readonly LiveMessage[];
  snapshots: readonly SnapshotPart[];
  isOwnOrigin: (origin: string | undefined) => boolean;
};

/** Holds this process's sockets: lets them in, carries rooms to them, hears them, and lets them go. */
export class LiveHub implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 16 << 10,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  readonly #sessions = new Map<string, LiveSession>();
  readonly #rooms = new Map<StreamId, HubRoom>();
  readonly #subscriptions: Subscriptions;
  readonly #people: People;
  readonly #addresses = new Map<string, number>();
  readonly #messages: ReadonlyMap<string, LiveMessage>;
  readonly #timers: NodeJS.Timeout[];
  readonly #heard: Promise<AsyncDisposable>[];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#subscriptions = new Subscriptions(parts.bus);
    this.#people = new People(this.#subscriptions);
    this.#messages = new Map([...this.#ownMessages(), ...parts.messages].map((one) => [one.t, one]));
    this.#timers = [
      setInterval(() => this.#tick(), tickMs),
      setInterval(() => this.#beat(), beatMs),
      setInterval(() => void this.#tellPresence(), presenceMs),
    ];
    this.#heard = [
      parts.bus.subscribe(identityEnded, (ended) => this.#end(ended)),
      parts.bus.subscribe(identityChanged, ({ accountId }) => {
        for (const session of this.#people.of(accountId)) void session.identify();
      }),
    ];
  }

  /** Every message that sockets may send, the hub's own too. */
  get messages(): readonly LiveMessage[] {
    return [...this.#messages.values()];
  }

  /** Open sockets and rooms of this process, for the health page. */
  counts(): { sockets: number; rooms: number } {
    return { sockets: this.#sessions.size, rooms: this.#rooms.size };
  }

  /** Takes a server's websocket upgrades at /live. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head).catch((fault: unknown) => {
        logger.error({ err: fault }, 'upgrade failed');
        refuseUpgrade(socket, '500 Internal Server Error');
      });
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== '/live') return refuseUpgrade(socket, '404 Not Found');
    if (!this.#parts.isOwnOrigin(request.headers.origin)) return refuseUpgrade(socket, '403 Forbidden');
    const address = request.socket.remoteAddress ?? '';
    const isCrowded = (this.#addresses.get(address) ?? 0) >= socketsPerAddress;
    if (isCrowded) return refuseUpgrade(socket, '429 Too Many Requests');
    const actor = await this.#parts.authenticator.authenticate(request);
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws, request, address, actor));
  }

  #welcome(socket: WebSocket, request: IncomingMessage, address: string, actor: Actor): void {
    const authenticate = () => this.#parts.authenticator.authenticate(request);
    const session = new LiveSession({ socket, address, actor, authenticate });
    this.#sessions.set(session.socketId, session);
    this.#addresses.set(address, (this.#addresses.get(address) ?? 0) + 1);
    const person = personOf(actor);
    const known = person ? this.#people.add(person, session) : Promise.resolve();
    socket.on('message', (data, isBinary) => {
      session.isAlive = true;
      if (isBinary) session.close('protocol-error');
      else session.hear(String(data), this.#messages, this.#parts.authorizer);
    });
    socket.on('pong', () => {
      session.isAlive = true;
    });
    socket.on('error', (fault) => logger.debug({ err: fault }, 'socket fault'));
    socket.on('close', () => this.#farewell(session, person));
    // A person hears nothing before the upstream subscription stands: the client waits for this word. Whoever signed
    // out since the upgrade began was told of nowhere, so it is asked once more.
    known
      .then(() => session.identify())
      .then(
        () => {
          if (person !== undefined && personOf(session.actor) !== person) session.close('signed-out');
          else session.send({ t: 'gateway.ready', d: {} });
        },
        () => session.close('service-restart'),
      );
  }

  #farewell(session: LiveSession, person: PersonId | undefined): void {
    this.#sessions.delete(session.socketId);
    const left = (this.#addresses.get(session.address) ?? 1) - 1;
    if (left > 0) this.#addresses.set(session.address, left);
    else this.#addresses.delete(session.address);
    for (const streamId of [...session.visits.keys()]) this.#leave(session, streamId);
    if (person) this.#people.remove(person, session);
  }

  #end({ accountId, loginSessionId, reason }: z.infer<typeof identityEnded.schema>): void {
    for (const session of this.#sessions.values()) {
      const { actor } = session;
      if (actor.kind !== 'account' && actor.kind !== 'guest') continue;
      const isMeant = loginSessionId
        ? actor.loginSessionId === loginSessionId
        : actor.kind === 'account' && actor.accountId === accountId;
      if (isMeant) session.close(reason);
    }
  }

  #ownMessages(): LiveMessage[] {
    const { clock } = this.#parts;
    const outside = { inRoom: false } as const;
    return [
      message(gatewayLive, 'room.enter', {
        ...outside,
        action: 'room.enter',
        handle: ({ socketId }, d) => this.#enter(this.#sessions.get(socketId), d.streamId, d.last),
      }),
      message(gatewayLive, 'room.leave', {
        ...outside,
        action: 'room.enter',
        handle: async ({ socketId }, d) => {
          const session = this.#sessions.get(socketId);
          if (session) this.#leave(session, d.streamId);
          return accept({});
        },
      }),
      message(gatewayLive, 'clock.read', {
        ...outside,
        action: 'site.read',
        pace: { perSecond: 2, burst: 20 },
        handle: async () => accept({ serverNow: clock.now() }),
      }),
    ];
  }

  async #enter(
    session: LiveSession | undefined,
    streamId: StreamId,
    last: Position | undefined,
  ): Promise<Result<z.infer<(typeof gatewayLive)['fromClient']['room.enter']['value']>, string>> {
    const { history, presence, clock } = this.#parts;
    if (session === undefined) return refuse('room-closed');
    const verdict = await presence.mayEnter(streamId, session.actor);
    if (verdict !== 'yes') return refuse(verdict);
    const isBack = session.visits.has(streamId);
    if (!isBack && session.visits.size >= roomsPerSocket) return refuse('too-many-requests');
    const room = this.#roomOf(streamId);
    room.hold(session);
    const visit = session.visits.get(streamId) ?? this.#visit(session, streamId);
    if (!isBack) await this.#subscriptions.use(history.channelOf(streamId), (payload) => this.#hear(payload));
    const position = (await history.position(streamId)) ?? { epoch: 'none', s: 0 };
    const gap = last && (await history.since(streamId, last, position));
    const base = { position, serverNow: clock.now(), viewingSessionId: visit.viewingSessionId };
    const value = gap ? base : { ...base, snapshot: await this.#snapshot(streamId, session.actor) };
    // The answer is written as this promise settles; the frames come after it.
    setImmediate(() => {
      for (const text of gap ?? []) session.sendText(text);
      room.admit(session, position);
    });
    return accept(value);
  }

  #visit(session: LiveSession, streamId: StreamId): Visit {
    const viewingSessionId = newId(ViewingSessionId, 'view');
    const viewerId = personOf(session.actor) ?? viewingSessionId;
    const visit = { streamId, viewingSessionId, viewerId, since: this.#parts.clock.now() };
    session.visits.set(streamId, visit);
    this.#parts.presence.entered(visit);
    return visit;
  }

  async #snapshot(streamId: StreamId, actor: Actor): Promise<Record<string, unknown>> {
    const load = async (part: SnapshotPart) => [part.name, await part.load(streamId, actor)] as const;
    return Object.fromEntries(await Promise.all(this.#parts.snapshots.map(load)));
  }

  async #resync(session: LiveSession, streamId: StreamId): Promise<void> {
    const position = (await this.#parts.history.position(streamId)) ?? { epoch: 'none', s: 0 };
    const snapshot = await this.#snapshot(streamId, session.actor);
    session.send({ t: 'room.resync', r: streamId, d: { position, snapshot } });
  }

  #leave(session: LiveSession, streamId: StreamId): void {
    const visit = session.visits.get(streamId);
    if (visit === undefined) return;
    session.visits.delete(streamId);
    this.#parts.presence.left(visit);
    const room = this.#rooms.get(streamId);
    room?.drop(session);
    if (room?.isEmpty) this.#rooms.delete(streamId);
    this.#subscriptions.release(this.#parts.history.channelOf(streamId));
  }

  #roomOf(streamId: StreamId): HubRoom {
    let room = this.#rooms.get(streamId);
    if (room === undefined) {
      room = new HubRoom(streamId, (session) => {
        this.#resync(session, streamId).catch((fault: unknown) => logger.warn({ err: fault }, 'no resync'));
      });
      this.#rooms.set(streamId, room);
    }
    return room;
  }

  #hear(payload: string): void {
    const batch = this.#parts.history.read(payload);
    this.#rooms.get(batch.streamId)?.take(batch);
  }

  #tick(): void {
    for (const room of this.#rooms.values()) room.tick();
  }

  #beat(): void {
    for (const session of this.#sessions.values()) session.beat();
  }

  async #tellPresence(): Promise<void> {
    const present = [...this.#sessions.values()].filter(({ missedBeats }) => missedBeats === 0);
    const visits = present.flatMap((session) => [...session.visits.values()]);
    if (visits.length === 0) return;
    await this.#parts.presence
      .heard(visits)
      .catch((fault: unknown) => logger.warn({ err: fault }, 'presence'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const session of this.#sessions.values()) session.close('service-restart');
    const deadline = Date.now() + 500;
    while (this.#sessions.size > 0 && Date.now() < deadline) await wait(5);
    for (const session of this.#sessions.values()) session.socket.terminate();
    for (const heard of this.#heard) await (await heard)[Symbol.asyncDispose]();
    await this.#subscriptions[Symbol.asyncDispose]();
    this.#server.close();
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
