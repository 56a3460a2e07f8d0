import { type DropForm, dropsLive } from '#contract/drops.ts';
import { AccountId, ChannelId, IdempotencyKey, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { Actor, RoleGrant } from '#contract/permissions.ts';
import { redisArbiter } from '#server/drops/arbiter.redis.ts';
import { mongoBatchRecord } from '#server/drops/batches.mongo.ts';
import { mongoDropRecord } from '#server/drops/drops.mongo.ts';
import { mongoGrantRecord } from '#server/drops/grants.mongo.ts';
import { createDrops, type DropsParts } from '#server/drops/index.ts';
import { redisClaimLog } from '#server/drops/log.redis.ts';
import { mongoReceiptSigner } from '#server/drops/signer.mongo.ts';
import { Bus } from '#server/platform/bus.ts';
import { processClock } from '#server/platform/clock.ts';
import { openMongo } from '#server/platform/mongo.ts';
import { Outbox } from '#server/platform/outbox.ts';
import { openPatientRedis, openRedis } from '#server/platform/redis.ts';

const hanasStream = StreamId.parse('stream_tea');
const hanasChannel = ChannelId.parse('ch_hana');
const hana = AccountId.parse('acc_hana');
const aki = AccountId.parse('acc_aki');
const akisGoods = VendorId.parse('vnd_aki');
const teapot = ProductId.parse('prd_teapot');

/** The teapot coupon of the walk-through: 10.00 off from 30.00 on. */
export const teapotDrop = (stock: number, more: Partial<DropForm> = {}): DropForm => ({
  title: 'Teapot',
  coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'EUR' } },
  minimumSpend: { amount: 3000, currency: 'EUR' },
  productIds: [teapot],
  stock,
  perViewer: 1,
  claimWindowMs: 120_000,
  validity: { kind: 'after-grant', minutes: 15 },
  funders: [{ funder: 'vendor', basisPoints: 10_000 }],
  ...more,
});

/** An account that asks. */
export const viewer = (name: string, roles: RoleGrant[] = []): Extract<Actor, { kind: 'account' }> =>
  ({
    kind: 'account',
    accountId: AccountId.parse(`acc_${name}`),
    handle: name,
    roles,
    loginSessionId: 'login_x',
  }) as Extract<Actor, { kind: 'account' }>;

export const keyOf = (name: string) => IdempotencyKey.parse(`key-of-${name}`);

type Told = { to: string; t: string; d: unknown };

/**
 * One process's worth of the slice on real stores. Streams, goods and people around it are a live stream of Hana's
 * that shows Aki's teapot; what it tells is kept in `told`, each message parsed by the contract first.
 */
export async function openDropServer(
  { redisUrl, mongoUri }: { redisUrl: string; mongoUri: string },
  replace: (parts: DropsParts) => Partial<DropsParts> = () => ({}),
) {
  const redis = openRedis(redisUrl);
  const mongo = await openMongo(mongoUri);
  const bus = new Bus(redis, openPatientRedis(redisUrl, 'test-subscriber'));
  const clock = processClock;
  const outbox = new Outbox(clock);
  const told: Told[] = [];
  const timeline: { id: string; kind: string; data: unknown }[] = [];
  const stream = { streamId: hanasStream, channelId: hanasChannel, state: 'live', currency: 'EUR' as const };
  const tell = (to: string, t: string, d: unknown) => {
    const message = Object.entries(dropsLive.toClient).find(([name]) => name === t)?.[1];
    if (!message) throw new Error(`no message ${t} in the contract`);
    told.push({ to, t, d: message.schema.parse(d) });
  };
  const usual: DropsParts = {
    arbiter: redisArbiter(redis),
    log: redisClaimLog(redis),
    record: mongoDropRecord(mongo, outbox),
    grants: mongoGrantRecord(mongo),
    batches: mongoBatchRecord(mongo),
    signer: await mongoReceiptSigner(mongo, () => clock.now()),
    rooms: {
      streams: { get: async (streamId) => (streamId === hanasStream ? stream : undefined) },
      showcase: { of: async () => [teapot] },
      timeline: {
        append: async (_streamId, entry) => {
          if (!timeline.some(({ id }) => id === entry.id)) timeline.push(entry);
        },
      },
    },
    catalog: {
      products: {
        many: async (productIds) => productIds.map((productId) => ({ productId, vendorId: akisGoods })),
      },
    },
    identity: {
      channels: { get: async () => ({ ownerId: hana }) },
      roles: { holdersOf: async ({ role }) => (role === 'vendor' ? [aki] : role === 'host' ? [hana] : []) },
      pseudonym: async (personId) => `p${personId.replace('acc_', '')}`.padEnd(22, '-'),
    },
    live: {
      tellRoom: async (streamId, messages) => {
        for (const { t, d } of messages) tell(streamId, t, d);
      },
      tellPerson: async (personId, t, d) => tell(personId, t, d),
    },
    clock,
    queues: { add: async () => {} },
    config: { dropLimitMs: 1_200_000 },
    outbox,
    bus,
  };
  const parts = { ...usual, ...replace(usual) };
  const drops = await createDrops(parts);
  return {
    ...parts,
    drops,
    mongo,
    redis,
    stream,
    told,
    timelineEntries: timeline,
    /** Prepares, approves and releases. */
    async release(form: DropForm, key = 'prepare-once') {
      const prepared = await drops.configure({ accountId: hana, isOperator: false }, hanasStream, form, key);
      if (!prepared.ok) throw new Error(prepared.refusal);
      const { dropId } = prepared.value;
      await drops.decide(dropId, akisGoods, 'approved');
      const opened = await drops.release(dropId);
      if (!opened.ok) throw new Error(`${opened.refusal} ${opened.detail ?? ''}`);
      return opened.value;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await drops[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
      redis.disconnect();
      await mongo.close();
    },
  };
}

export type DropServer = Awaited<ReturnType<typeof openDropServer>>;

/** Polls until `check` answers something; fails after 10 s. */
export async function eventually<Value>(check: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error('it did not come about within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
