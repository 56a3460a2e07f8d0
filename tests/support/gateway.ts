import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { type ServerFrame, ServerFrames, subprotocol } from '#contract/envelope.ts';
import { AccountId, LoginSessionId, type StreamId } from '#contract/ids.ts';
import { type Actor, permissions } from '#contract/permissions.ts';
import { type Gateway, type GatewayParts, openGateway } from '#server/gateway/gateway.ts';
import { redisRoomHistory } from '#server/gateway/live/history.redis.ts';
import { RedisLiveRooms } from '#server/gateway/live/live-rooms.ts';
import type { LiveRooms } from '#server/gateway/live/rooms.ts';
import type { AuditLog } from '#server/gateway/ports.ts';
import { Bus } from '#server/platform/bus.ts';
import { processClock } from '#server/platform/clock.ts';
import { openPatientRedis, openRedis } from '#server/platform/redis.ts';

export type Entry = Parameters<AuditLog['append']>[0];

/** A gateway with a Redis of its own, and people known by the name in their cookie: `who=aki`. */
export async function openTestGateway(
  redisUrl: string,
  overrides: Partial<GatewayParts> = {},
): Promise<Gateway & { live: LiveRooms; bus: Bus; audit: Entry[] }> {
  const redis = openRedis(redisUrl);
  const bus = new Bus(redis, openPatientRedis(redisUrl, 'subscriber'));
  const history = redisRoomHistory(redis);
  const audit: Entry[] = [];
  const gateway = await openGateway({
    http: { host: '127.0.0.1', port: 0, publicUrl: 'http://localhost:0', tls: undefined },
    simulatorUrl: undefined,
    clock: processClock,
    bus,
    history,
    authenticator: { authenticate: async (request) => byCookie(request) },
    authorizer: {
      authorize: (actor, action) => {
        const who: readonly string[] = permissions[action].who;
        if (who.includes('anyone') || (actor.kind === 'service' && who.includes('service'))) return 'allowed';
        if (actor.kind !== 'account') return 'sign-in-required';
        return who.includes('account') || who.includes('person') || actor.handle === 'hana'
          ? 'allowed'
          : 'forbidden';
      },
    },
    auditLog: { append: async (entry) => void audit.push(entry) },
    presence: { mayEnter: async () => 'yes', entered() {}, heard: async () => {}, left() {} },
    routes: [],
    messages: [],
    snapshots: [],
    ...overrides,
  });
  return {
    ...gateway,
    live: new RedisLiveRooms(history, redis),
    bus,
    audit,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
      redis.disconnect();
    },
  };
}

function byCookie(request: IncomingMessage): Actor {
  const name = /who=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  if (name === undefined) return { kind: 'anyone' };
  return {
    kind: 'account',
    accountId: AccountId.parse(`acc_${name}`),
    handle: name,
    loginSessionId: LoginSessionId.parse(`login_${name}`),
    roles: [],
  };
}

/** One websocket as a browser opens it, with its frames kept in order. */
export class LiveClient implements AsyncDisposable {
  readonly frames: ServerFrame[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  #nextId = 1;
  readonly #wakeups = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const told = ServerFrames.parse(JSON.parse(String(data)));
      this.frames.push(...(Array.isArray(told) ? told : [told]));
      for (const wake of this.#wakeups) wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      for (const wake of this.#wakeups) wake();
    });
    socket.on('error', () => {});
  }

  static async open(address: string, cookie = ''): Promise<LiveClient> {
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/live`, subprotocol, {
      headers: { origin: address, cookie },
    });
    const client = new LiveClient(socket);
    await Promise.race([
      once(socket, 'open'),
      once(socket, 'unexpected-response').then(([, response]: IncomingMessage[]) => {
        throw new Error(`upgrade refused with ${response?.statusCode}`);
      }),
    ]);
    await client.until(() => client.frames.some(({ t }) => t === 'gateway.ready'));
    return client;
  }

  /** Asks and waits for the answer. */
  async ask(
    t: string,
    d: unknown,
    r?: StreamId,
  ): Promise<{ ok: boolean; value?: unknown; refusal?: string }> {
    const id = this.#nextId++;
    this.socket.send(JSON.stringify({ t, id, d, ...(r ? { r } : {}) }));
    await this.until(() => this.frames.some(({ re }) => re === id));
    return this.frames.find(({ re }) => re === id)?.d as { ok: boolean; value?: unknown; refusal?: string };
  }

  /** Frames of one type so far. */
  heard(t: string): ServerFrame[] {
    return this.frames.filter((frame) => frame.t === t && frame.re === undefined);
  }

  /** Waits until a condition over what was heard holds. @throws after `withinMs`. */
  async until(holds: () => boolean, withinMs = 5000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`not heard within ${withinMs} ms; last: ${JSON.stringify(this.frames.slice(-3))}`);
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#wakeups.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#wakeups.add(done);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === this.socket.CLOSED) return;
    this.socket.terminate();
    await once(this.socket, 'close').catch(() => {});
  }
}
