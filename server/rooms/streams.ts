import { createHash } from 'node:crypto';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { type AccountId, type ChannelId, type ProductId, StreamId, type VendorId } from '#contract/ids.ts';
import { streamChanged } from '#contract/internal/rooms.ts';
import type { Closing, NewStream, StreamEdit } from '#contract/rooms.ts';
import type { Catalog } from '../catalog/index.ts';
import type { Identity } from '../identity/index.ts';
import type { Bus } from '../platform/bus.ts';
import type { Clock } from '../platform/clock.ts';
import { Fault } from '../platform/fault.ts';
import {
  arrange,
  type Decision,
  edit,
  pin,
  type Step,
  type Stream,
  step,
  unpin,
  withProduct,
} from './core/stream.ts';
import type { StageAct } from './ports.ts';
import type { LinkStore, StreamStore } from './store.ts';

export type Parts = {
  streams: StreamStore;
  links: LinkStore;
  clock: Clock;
  catalog: Pick<Catalog, 'products'>;
  identity: Pick<Identity, 'channels' | 'vendors' | 'roles'>;
  acts: readonly StageAct[];
  bus: Bus;
};

type Actor = AccountId | undefined;
type ShowRefusal = 'not-found' | 'product-retired' | 'currency-mismatch' | 'vendor-not-linked';

const triesOnConflict = 8;

/** Use cases of streams: load, decide, save; two who change one stream at once both get their turn. */
export function streamUseCases({ streams, links, clock, catalog, identity, acts, bus }: Parts) {
  async function change<Refusal extends string>(
    streamId: StreamId,
    actor: Actor,
    decide: (stream: Stream, at: number) => Promise<Result<Decision, Refusal>> | Result<Decision, Refusal>,
  ): Promise<Result<Stream, Refusal | 'not-found'>> {
    for (let tries = 0; tries < triesOnConflict; tries += 1) {
      const before = await streams.get(streamId);
      if (before === undefined) return refuse('not-found');
      const at = clock.now();
      const decided = await decide(before, at);
      if (!decided.ok) return decided;
      const { stream, events } = decided.value;
      if (events.length === 0) return accept(before);
      const next = { ...stream, version: before.version + 1 };
      if (!(await streams.save(next, before.version, events, { at, actor }))) continue;
      await bus.publish(streamChanged, { streamId }).catch(() => {});
      return accept(next);
    }
    throw new Fault('conflict', `too many changes of ${streamId} at once`);
  }

  /** Whether a vendor's products may be shown in a channel: its own host's, or by the vendor's word. */
  async function mayShow(vendorId: VendorId, channelId: ChannelId): Promise<boolean> {
    if (await links.has(vendorId, channelId)) return true;
    const channel = await identity.channels.get(channelId);
    const sellers = await identity.roles.holdersOf({ role: 'vendor', vendorId });
    return channel !== undefined && sellers.includes(channel.ownerId);
  }

  async function mayAdd(stream: Stream, productId: ProductId): Promise<Result<undefined, ShowRefusal>> {
    const product = await catalog.products.get(productId);
    if (product === undefined) return refuse('not-found');
    if (product.isRetired) return refuse('product-retired');
    if (product.variants.some(({ listPrice }) => listPrice.currency !== stream.currency))
      return refuse('currency-mismatch', `This stream sells in ${stream.currency}.`);
    return (await mayShow(product.vendorId, stream.channelId))
      ? accept(undefined)
      : refuse('vendor-not-linked');
  }

  async function arranged(stream: Stream, productIds: readonly ProductId[]) {
    const decided = arrange(stream, productIds);
    if (!decided.ok) return decided;
    for (const productId of productIds) {
      if (stream.showcase.includes(productId)) continue;
      const allowed = await mayAdd(stream, productId);
      if (!allowed.ok) return allowed;
    }
    return decided;
  }

  return {
    /** Plans a stream; the same key of a channel plans one. */
    async schedule(channelId: ChannelId, wanted: NewStream, key: string, actor: Actor): Promise<Stream> {
      const name = createHash('sha256').update(`${channelId}\n${key}`).digest('base64url').slice(0, 22);
      const streamId = StreamId.parse(`stream_${name}`);
      const at = clock.now();
      const { title, currency, coverPictureId, recordingNotice } = wanted;
      const stream: Stream = {
        streamId,
        channelId,
        title,
        coverPictureId,
        state: 'scheduled',
        currency,
        startsAt: Date.parse(wanted.startsAt),
        liveAt: undefined,
        endedAt: undefined,
        recordingNotice,
        showcase: [],
        pinned: undefined,
        pinKeys: [],
        version: 1,
        createdAt: at,
      };
      const isNew = await streams.insert(stream, [{ kind: 'scheduled' }], { at, actor });
      return (isNew ? undefined : await streams.get(streamId)) ?? stream;
    },

    edit(streamId: StreamId, { startsAt, ...wanted }: StreamEdit, actor: Actor) {
      const start = startsAt === undefined ? undefined : Date.parse(startsAt);
      return change(streamId, actor, (stream) => edit(stream, { ...wanted, startsAt: start }));
    },

    /** Go live, end, or publish the replay: each once, in this order. */
    step: (streamId: StreamId, wanted: Step, actor: Actor) =>
      change(streamId, actor, (stream, at) => step(stream, wanted, at)),

    /** What ending the stream now would close, act by act. */
    async closing(streamId: StreamId): Promise<Result<Closing, 'not-found' | 'wrong-stream-state'>> {
      const stream = await streams.get(streamId);
      if (stream === undefined) return refuse('not-found');
      if (stream.state !== 'live') return refuse('wrong-stream-state', `This stream is ${stream.state}.`);
      const own = stream.pinned ? [{ act: 'pins', words: 'closing.pinned' }] : [];
      const others = await Promise.all(
        acts.map(async (act) => (await act.closing(streamId)).map((words) => ({ act: act.name, words }))),
      );
      return accept({ closes: [...own, ...others.flat()] });
    },

    arrange: (streamId: StreamId, productIds: readonly ProductId[], actor: Actor) =>
      change(streamId, actor, (stream) => arranged(stream, productIds)),

    show: (streamId: StreamId, productId: ProductId, position: number | undefined, actor: Actor) =>
      change(streamId, actor, (stream) => arranged(stream, withProduct(stream, productId, position))),

    hide: (streamId: StreamId, productId: ProductId, actor: Actor) =>
      change(streamId, actor, (stream) =>
        arrange(
          stream,
          stream.showcase.filter((one) => one !== productId),
        ),
      ),

    pin: (streamId: StreamId, wanted: { productId: ProductId; key: string }, actor: Actor) =>
      change(streamId, actor, (stream, at) => pin(stream, wanted, at)),

    unpin: (streamId: StreamId, actor: Actor) => change(streamId, actor, unpin),
  };
}

export type StreamUseCases = ReturnType<typeof streamUseCases>;
