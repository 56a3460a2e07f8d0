import { z } from 'zod';
import { AccountId, ChannelId, GuestId, Instant, VendorId } from './ids.ts';
import { Role, RoleGrant } from './permissions.ts';

/** The public name of an account: letters and digits of any script, `_`, `-` and `.`, 2–24 of them. */
export const Handle = z
  .string()
  .trim()
  .normalize('NFC')
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]{1,23}$/u, 'expected 2–24 letters, digits, "_", "-" or "."');
export type Handle = z.infer<typeof Handle>;

/** 8–128 characters, of any kind. */
const Password = z.string().min(8).max(128);

/** ISO 3166-1 alpha-2. */
const Region = z.string().regex(/^[A-Z]{2}$/, 'expected two capital letters of ISO 3166-1');
export const Language = z.enum(['en', 'zh-CN']);
export type Language = z.infer<typeof Language>;

/** By which ways a person wants to be reached; consent for a purpose is asked apart. */
export const ContactPreferences = z.object({ email: z.boolean(), push: z.boolean() });
export type ContactPreferences = z.infer<typeof ContactPreferences>;

const Email = z.email().max(254);

/** All that registration asks for; only handle and password must be there. */
export const SignUp = z.strictObject({
  handle: Handle,
  password: Password,
  email: Email.optional(),
  region: Region.optional(),
  language: Language.optional(),
  contact: ContactPreferences.optional(),
});
export type SignUp = z.infer<typeof SignUp>;

export const SignIn = z.strictObject({
  handle: z.string().max(64),
  password: z.string().max(128),
});

/** A recovery code opens the account once: it sets a new password and ends every other login session. */
export const Recovery = z.strictObject({
  handle: z.string().max(64),
  recoveryCode: z.string().max(40),
  password: Password,
});

/** Settings; `null` empties a field, an absent one stays. */
export const Settings = z.strictObject({
  email: Email.nullable().optional(),
  region: Region.nullable().optional(),
  language: Language.optional(),
  contact: ContactPreferences.optional(),
});
export type Settings = z.infer<typeof Settings>;

/** Who the holder of the cookie is. */
export const Me = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anyone') }),
  z.object({ kind: z.literal('guest'), guestId: GuestId }),
  z.object({
    kind: z.literal('account'),
    accountId: AccountId,
    handle: z.string(),
    email: z.string().optional(),
    region: z.string().optional(),
    language: Language,
    contact: ContactPreferences,
    roles: z.array(RoleGrant),
    recoveryCodesLeft: z.int(),
    createdAt: Instant,
  }),
]);
export type Me = z.infer<typeof Me>;

/** The recovery codes are shown here and never again. */
export const SignedUp = z.object({ me: Me, recoveryCodes: z.array(z.string()) });
export type SignedUp = z.infer<typeof SignedUp>;

/** One entry of the list that a demo offers on its sign-in page. */
export const DemoSignIn = z.object({
  handle: z.string(),
  password: z.string(),
  role: z.union([Role, z.literal('viewer')]),
});
export type DemoSignIn = z.infer<typeof DemoSignIn>;
export const DemoSignIns = z.object({ signIns: z.array(DemoSignIn) });

const Name = z.string().trim().normalize('NFC').min(1).max(80);

export const NewChannel = z.strictObject({ title: Name });
export const NewVendor = z.strictObject({ name: Name });

/** What can be followed. */
export const FollowTarget = z.union([ChannelId, VendorId]);
export type FollowTarget = z.infer<typeof FollowTarget>;

/** A viewer's tie to a channel or vendor, with the count everybody sees. */
export const Following = z.object({
  targetId: FollowTarget,
  isFollowing: z.boolean(),
  followers: z.int().nonnegative(),
});
export type Following = z.infer<typeof Following>;

export const ChannelView = z.object({
  channelId: ChannelId,
  title: z.string(),
  ownerHandle: z.string(),
  isFollowing: z.boolean(),
  followers: z.int().nonnegative(),
});
export type ChannelView = z.infer<typeof ChannelView>;

export const VendorView = z.object({
  vendorId: VendorId,
  name: z.string(),
  isFollowing: z.boolean(),
  followers: z.int().nonnegative(),
});
export type VendorView = z.infer<typeof VendorView>;

/** A role to give to, or take from, the account of a handle. */
export const RoleChange = z.strictObject({ handle: z.string().max(64), grant: RoleGrant });
export type RoleChange = z.infer<typeof RoleChange>;
export const RolesHeld = z.object({ handle: z.string(), roles: z.array(RoleGrant) });
