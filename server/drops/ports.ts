import type { AccountId, ChannelId, PersonId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { Currency } from '#contract/money.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import type { Clock } from '../platform/clock.ts';
import type { Queues } from '../platform/queue.ts';

/** What drops ask of the slices below, as narrow as they use it. */
export type Neighbours = {
  rooms: {
    streams: {
      get(
        streamId: StreamId,
      ): Promise<{ streamId: StreamId; channelId: ChannelId; state: string; currency: Currency } | undefined>;
    };
    showcase: { of(streamId: StreamId): Promise<readonly ProductId[]> };
    timeline: {
      append(
        streamId: StreamId,
        entry: { id: string; at: Date; kind: string; data: Record<string, unknown> },
      ): Promise<void>;
    };
  };
  catalog: {
    products: {
      many(
        productIds: readonly ProductId[],
      ): Promise<readonly { productId: ProductId; vendorId: VendorId }[]>;
    };
  };
  identity: {
    channels: { get(channelId: ChannelId): Promise<{ ownerId: AccountId } | undefined> };
    roles: { holdersOf(grant: RoleGrant): Promise<AccountId[]> };
    /** A person's name in logs: the same for one person in one scope, and leading nowhere once the key is gone. */
    pseudonym(personId: PersonId, scope: string): Promise<string>;
  };
  live: LiveRooms;
  clock: Clock;
  queues: Pick<Queues, 'add'>;
  config: { dropLimitMs: number };
};

/** The scope that claims' pseudonyms are made in: one for all drops, so that a wallet can be read. */
export const viewerScope = 'claims';
