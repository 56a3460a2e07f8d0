import type { IncomingMessage } from 'node:http';
import { AccountId, LoginSessionId } from '#contract/ids.ts';
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
