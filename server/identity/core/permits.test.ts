import { expect, test } from 'vitest';
import { AccountId, ChannelId, GuestId, LoginSessionId, VendorId } from '#contract/ids.ts';
import { type Action, type Actor, permissions, type RoleGrant, type Who } from '#contract/permissions.ts';
import { permits } from './permits.ts';

const channelId = ChannelId.parse('ch_here');
const vendorId = VendorId.parse('vnd_here');
const scope = { channelId, vendorId };
const elsewhere = { channelId: ChannelId.parse('ch_else'), vendorId: VendorId.parse('vnd_else') };
const loginSessionId = LoginSessionId.parse('login_x');

const account = (...roles: RoleGrant[]): Actor => ({
  kind: 'account',
  accountId: AccountId.parse('acc_x'),
  handle: 'x',
  loginSessionId,
  roles,
});
const delegate = (...given: ('moderate' | 'pin' | 'drop' | 'answer')[]): Actor =>
  account({ role: 'delegate', channelId, permissions: given });

/** For each kind of actor, the words of the table that are true of it in `scope`. */
const actors: Record<string, { actor: Actor; is: Who[] }> = {
  anyone: { actor: { kind: 'anyone' }, is: ['anyone'] },
  guest: {
    actor: { kind: 'guest', guestId: GuestId.parse('gst_x'), loginSessionId },
    is: ['anyone', 'person'],
  },
  service: { actor: { kind: 'service', name: 'stripe' }, is: ['anyone', 'service'] },
  viewer: { actor: account(), is: ['anyone', 'person', 'account'] },
  host: { actor: account({ role: 'host', channelId }), is: ['anyone', 'person', 'account', 'host'] },
  moderator: { actor: delegate('moderate'), is: ['anyone', 'person', 'account', 'delegate:moderate'] },
  pinner: { actor: delegate('pin'), is: ['anyone', 'person', 'account', 'delegate:pin'] },
  dropper: { actor: delegate('drop'), is: ['anyone', 'person', 'account', 'delegate:drop'] },
  vendor: { actor: account({ role: 'vendor', vendorId }), is: ['anyone', 'person', 'account', 'vendor'] },
  agent: { actor: account({ role: 'agent', vendorId }), is: ['anyone', 'person', 'account', 'agent'] },
  analyst: { actor: account({ role: 'analyst' }), is: ['anyone', 'person', 'account', 'analyst'] },
  operator: { actor: account({ role: 'operator' }), is: ['anyone', 'person', 'account', 'operator'] },
};
const actions = Object.keys(permissions) as Action[];

test.each(Object.entries(actors))('[M-P2] the table decides every action for: %s', (_name, { actor, is }) => {
  for (const action of actions) {
    const who: readonly Who[] = permissions[action].who;
    expect([action, permits(actor, action, scope) === 'allowed']).toEqual([
      action,
      who.some((one) => is.includes(one)),
    ]);
  }
});

test('[M-P2] a role of one channel or vendor is nothing in another, or where no scope is named', () => {
  for (const name of ['host', 'moderator', 'pinner', 'dropper', 'vendor', 'agent'])
    for (const action of actions)
      for (const other of [elsewhere, {}])
        expect([name, action, permits(actors[name]?.actor ?? account(), action, other)]).toEqual([
          name,
          action,
          permits(account(), action, other),
        ]);
});

test('[M-P3] whoever has no account is told to sign in, an account that may not is not', () => {
  for (const action of ['danmaku.post', 'channel.follow', 'drop.claim', 'product.edit'] as const) {
    expect(permits({ kind: 'anyone' }, action, scope)).toBe('sign-in-required');
    expect(permits(actors.guest?.actor ?? account(), action, scope)).toBe('sign-in-required');
  }
  expect(permits(account(), 'product.edit', scope)).toBe('forbidden');
  expect(permits({ kind: 'anyone' }, 'webhook.receive', {})).toBe('forbidden');
});
