import { z } from 'zod';
import { AccountId, ChannelId, GuestId, LoginSessionId, VendorId } from './ids.ts';

export const Role = z.enum(['host', 'delegate', 'vendor', 'agent', 'analyst', 'operator']);
export type Role = z.infer<typeof Role>;

/** What a delegate was given by the host. */
export const DelegatePermission = z.enum(['moderate', 'pin', 'drop', 'answer']);
export type DelegatePermission = z.infer<typeof DelegatePermission>;

/** A role holds for one channel, one vendor, or the whole platform. */
export const RoleGrant = z.discriminatedUnion('role', [
  z.object({ role: z.literal('host'), channelId: ChannelId }),
  z.object({ role: z.literal('delegate'), channelId: ChannelId, permissions: z.array(DelegatePermission) }),
  z.object({ role: z.literal('vendor'), vendorId: VendorId }),
  z.object({ role: z.literal('agent'), vendorId: VendorId }),
  z.object({ role: z.literal('analyst') }),
  z.object({ role: z.literal('operator') }),
]);
export type RoleGrant = z.infer<typeof RoleGrant>;

/** Who is asking. `anyone` has no login session yet, `service` proved itself by a signature. */
export const Actor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anyone') }),
  z.object({ kind: z.literal('guest'), guestId: GuestId, loginSessionId: LoginSessionId }),
  z.object({
    kind: z.literal('account'),
    accountId: AccountId,
    handle: z.string(),
    loginSessionId: LoginSessionId,
    roles: z.array(RoleGrant),
  }),
  z.object({ kind: z.literal('service'), name: z.string() }),
]);
export type Actor = z.infer<typeof Actor>;

/** The channel or vendor an action touches; found by the route's scope resolver. */
export type Scope = { channelId?: ChannelId | undefined; vendorId?: VendorId | undefined };

/**
 * Who may: `anyone`; `person` = guest or account; `account`; `service`; or a role. `host`, `delegate:…`, `vendor`
 * and `agent` count only in the scope they were granted for.
 */
export type Who =
  | 'anyone'
  | 'person'
  | 'account'
  | 'service'
  | 'host'
  | `delegate:${DelegatePermission}`
  | 'vendor'
  | 'agent'
  | 'analyst'
  | 'operator';

type Row = { who: readonly Who[]; audited?: true };
const may = (...who: Who[]): Row => ({ who });
/** Staff, configuration and money actions: each leaves one audit entry. */
const audited = (...who: Who[]): Row => ({ who, audited: true });

/** The permission table: every HTTP route, live message and page names one of these actions. */
export const permissions = {
  // Gateway.
  'site.read': may('anyone'),
  'health.read': may('anyone'),
  'room.enter': may('anyone'),
  'webhook.receive': may('service'),
  // Identity.
  'account.sign-up': may('anyone'),
  'account.sign-in': may('anyone'),
  'account.recover': may('anyone'),
  'account.be-guest': may('anyone'),
  'account.read-own': may('anyone'),
  'account.edit-own': may('account'),
  'account.sign-out': may('person'),
  'account.become-operator': audited('account'),
  'account.demo-sign-ins': may('anyone'),
  'channel.follow': may('account'),
  'channel.read': may('anyone'),
  /** A host grants delegates of the channel, a vendor its agents, an operator everything. */
  'role.grant': audited('operator', 'host', 'vendor'),
  'channel.create': audited('account'),
  'vendor.create': audited('account'),
  // Catalog.
  'product.read': may('anyone'),
  'product.read-desk': may('vendor', 'operator'),
  'product.edit': audited('vendor'),
  'selling-terms.edit': audited('vendor'),
  'stock.change': audited('vendor'),
  'stock.read-ledger': may('vendor', 'operator'),
  'picture.upload': may('account'),
  // Rooms.
  'stream.read': may('anyone'),
  'stream.schedule': audited('host', 'operator'),
  'stream.edit': audited('host', 'operator'),
  'stream.go-live': audited('host', 'operator'),
  'stream.end': audited('host', 'operator'),
  'stream.control': may('host', 'delegate:pin', 'delegate:drop', 'delegate:moderate', 'operator'),
  'showcase.edit': audited('host', 'operator'),
  'product.pin': audited('host', 'delegate:pin', 'operator'),
  'timeline.read': may('host', 'delegate:pin', 'delegate:drop', 'delegate:moderate', 'analyst', 'operator'),
  'vendor.link': audited('vendor'),
  'vendor.read-links': may('vendor', 'operator'),
  // Media.
  'media.watch': may('anyone'),
  'media.publish': may('host'),
  'media.ingest': audited('operator'),
  // Danmaku.
  'danmaku.post': may('account'),
  'danmaku.like': may('account'),
  'danmaku.read': may('anyone'),
  // Drops.
  'drop.read': may('anyone'),
  'drop.configure': audited('host', 'delegate:drop', 'operator'),
  'drop.release': audited('host', 'delegate:drop', 'operator'),
  'drop.close': audited('host', 'delegate:drop', 'operator'),
  'drop.approve': audited('vendor'),
  'drop.read-vendor': may('vendor', 'operator'),
  'drop.claim': may('account'),
  'wallet.read': may('account'),
  // Checkout and payments.
  'order.quote': may('person'),
  'order.place': may('person'),
  'order.pay': may('person'),
  'order.list-own': may('person'),
  'order.read-own': may('anyone'),
  'order.cancel-own': may('person'),
  'order.read-desk': may('vendor', 'operator'),
  'order.fulfil': audited('vendor'),
  'order.refund': audited('vendor'),
  'cart.read-own': may('person'),
  'cart.edit-own': may('person'),
  'address.edit-own': may('person'),
  'payout.read': may('vendor', 'operator'),
  'payout.connect': audited('vendor'),
  // Metrics and operations.
  'report.read': may('analyst', 'operator'),
  'audit.read': may('operator'),
  'test-money.read': may('operator'),
  'test-money.change': audited('operator'),
} as const satisfies Record<string, Row>;

export type Action = keyof typeof permissions;
