import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { DropForm } from '#contract/drops.ts';
import {
  AccountId,
  ChannelId,
  DropId,
  IdempotencyKey,
  LoginSessionId,
  ProductId,
  StreamId,
  VendorId,
} from '#contract/ids.ts';
import { composeSlices } from '#server/compose.ts';
import { readConfig } from '#server/config.ts';
import type { DropsParts } from '#server/drops/index.ts';
import { repeat } from '#server/platform/lifetime.ts';
import { logger } from '#server/platform/logger.ts';

/** What the run says to this process, by `process.send`. */
const Order = z.discriminatedUnion('do', [
  z.object({ do: z.literal('release'), id: z.int(), stock: z.int() }),
  z.object({ do: z.literal('claim'), id: z.int(), dropId: DropId, viewer: z.string(), key: IdempotencyKey }),
]);

const streamId = StreamId.parse('stream_chaos');
const channelId = ChannelId.parse('ch_chaos');
const host = AccountId.parse('acc_host');
const vendorId = VendorId.parse('vnd_chaos');
const productId = ProductId.parse('prd_chaos');

const stagePeople = {
  channels: { get: async () => ({ ownerId: host }) },
  roles: { holdersOf: async () => [host] },
};

/** Bugs on purpose: the checks of a run must find them. */
const planted: Record<string, (parts: DropsParts) => Partial<DropsParts>> = {
  /** Tells winners before the record has them. */
  'told-too-early': ({ record, grants }) => ({
    record: { ...record, addPending: async () => 'added' },
    grants: { ...grants, insert: async () => {} },
  }),
  /** Opens again with the whole stock after a lost state. */
  'opened-in-full': ({ record }) => ({
    record: {
      ...record,
      setLeft: async (dropId, epoch) => {
        const drop = await record.get(dropId);
        return record.setLeft(dropId, epoch, drop?.stock ?? 0);
      },
    },
  }),
};

/** One server of a chaos run: the drops of a composed house, asked over IPC, on a stage of one stream and one product. */
const config = readConfig();
logger.level = config.logLevel;
const bug = planted[process.env.CHAOS_PLANTED ?? ''];
await using slices = await composeSlices(config, {
  drops: (parts) => ({
    ...bug?.(parts),
    rooms: {
      streams: { get: async () => ({ streamId, channelId, state: 'live', currency: 'USD' }) },
      showcase: { of: async () => [productId] },
      timeline: { append: async () => {} },
    },
    catalog: { products: { many: async () => [{ productId, vendorId }] } },
    identity: { ...stagePeople, pseudonym: parts.identity.pseudonym },
  }),
});
const { drops } = slices;

const isRecorder = process.env.CHAOS_RECORDER === '1';
await using _sweeping = repeat(
  isRecorder ? 300 : 3_600_000,
  async () => {
    await drops.persistStream(`recorder-${process.pid}`);
    await drops.sweep();
  },
  () => {},
);

process.on('message', (message) => {
  const order = Order.parse(message);
  const answer = (value: unknown) => process.send?.({ id: order.id, value });
  const work = order.do === 'release' ? release(order.stock) : claim(order);
  work.then(answer, (fault: unknown) => answer({ ok: false, refusal: String(fault) }));
});
process.send?.({ id: 0, value: 'ready' });
await new Promise((resolve) => process.once('disconnect', resolve));
await wait(0);

async function release(stock: number): Promise<unknown> {
  const form = DropForm.parse({
    title: 'Chaos',
    coupon: { kind: 'fixed', amountOff: { amount: 100, currency: 'USD' } },
    minimumSpend: { amount: 0, currency: 'USD' },
    productIds: [productId],
    stock,
    claimWindowMs: 600_000,
    validity: { kind: 'after-grant', minutes: 60 },
  });
  const prepared = await drops.configure(
    { accountId: host, isOperator: false },
    streamId,
    form,
    `chaos-${stock}`,
  );
  return prepared.ok ? drops.release(prepared.value.dropId) : prepared;
}

async function claim({ dropId, viewer, key }: { dropId: DropId; viewer: string; key: IdempotencyKey }) {
  const actor = {
    kind: 'account' as const,
    accountId: AccountId.parse(`acc_${viewer}`),
    handle: viewer,
    loginSessionId: LoginSessionId.parse('login_chaos'),
    roles: [],
  };
  return drops.claim(actor, dropId, key);
}
