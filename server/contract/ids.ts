import { z } from 'zod';

/** A prefixed, branded id: `ord_0198f…`. The same string is the record's `_id`. */
const id = <const Prefix extends string>(prefix: Prefix) =>
  z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,80}$`), `expected an id like ${prefix}_…`);

export const AccountId = id('acc').brand<'AccountId'>();
export type AccountId = z.infer<typeof AccountId>;

export const GuestId = id('gst').brand<'GuestId'>();
export type GuestId = z.infer<typeof GuestId>;

/** Whoever holds a login session: an account, or a guest. */
export const PersonId = z.union([AccountId, GuestId]);
export type PersonId = z.infer<typeof PersonId>;

export const LoginSessionId = id('login').brand<'LoginSessionId'>();
export type LoginSessionId = z.infer<typeof LoginSessionId>;

export const ViewingSessionId = id('view').brand<'ViewingSessionId'>();
export type ViewingSessionId = z.infer<typeof ViewingSessionId>;

export const ChannelId = id('ch').brand<'ChannelId'>();
export type ChannelId = z.infer<typeof ChannelId>;

export const VendorId = id('vnd').brand<'VendorId'>();
export type VendorId = z.infer<typeof VendorId>;

/** Names a stream and its room alike: one room per stream. */
export const StreamId = id('stream').brand<'StreamId'>();
export type StreamId = z.infer<typeof StreamId>;

export const ProductId = id('prd').brand<'ProductId'>();
export type ProductId = z.infer<typeof ProductId>;

export const VariantId = id('var').brand<'VariantId'>();
export type VariantId = z.infer<typeof VariantId>;

export const PictureId = id('pic').brand<'PictureId'>();
export type PictureId = z.infer<typeof PictureId>;

export const OrderId = id('ord').brand<'OrderId'>();
export type OrderId = z.infer<typeof OrderId>;

/** Money on its way back to a buyer. */
export const RefundId = id('rfd').brand<'RefundId'>();
export type RefundId = z.infer<typeof RefundId>;

/** An entry of a person's address book. */
export const AddressId = id('adr').brand<'AddressId'>();
export type AddressId = z.infer<typeof AddressId>;

export const DropId = id('drop').brand<'DropId'>();
export type DropId = z.infer<typeof DropId>;

export const GrantId = id('grant').brand<'GrantId'>();
export type GrantId = z.infer<typeof GrantId>;

export const LineId = id('line').brand<'LineId'>();
export type LineId = z.infer<typeof LineId>;

/** Chosen by the client, once for each thing it wants done; a resend carries the same key. */
export const IdempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/)
  .brand<'IdempotencyKey'>();
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;

/** An instant, ISO 8601 in UTC. */
export const Instant = z.iso.datetime();
export type Instant = z.infer<typeof Instant>;

/** Milliseconds since the stream went live. */
export const StreamMs = z.int().nonnegative();
