import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChannelView, DemoSignIns, Me } from '#contract/identity.ts';
import { type Person, password } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

const channelOf = (host: Person, key?: string) =>
  host.send('POST', '/channels', { title: 'Tea' }, ChannelView, key);

describe('guests, follows and roles', () => {
  test('[M-P3] a guest keeps being the same guest, and what needs an account answers 401', async () => {
    const browser = await house.visit();
    expect((await browser.get('/me', Me)).kind).toBe('anyone');
    const guest = await browser.send('POST', '/guest-sessions', undefined, Me);
    expect(await browser.send('POST', '/guest-sessions', undefined, Me)).toEqual(guest);
    expect(await browser.get('/me', Me)).toEqual(guest);
    const vendorId = await house.slices.identity.createVendor((await house.visit('guest-vendor')).accountId, {
      name: 'Aki',
    });
    expect((await browser.call('PUT', `/follows/${vendorId}`)).status).toBe(401);
    expect((await browser.call('GET', `/vendors/${vendorId}`)).status).toBe(200);
    await browser.signUp('once-a-guest');
    expect((await browser.call('PUT', `/follows/${vendorId}`)).status).toBe(200);
  });

  test('[S0.1] following shows in the follower count of others, survives a reload, and counts once', async () => {
    const owner = await house.visit('followed');
    const { identity } = house.slices;
    const targets = [
      `/channels/${await identity.createChannel(owner.accountId, { title: 'Tea' })}`,
      `/vendors/${await identity.createVendor(owner.accountId, { name: 'Tea' })}`,
    ];
    const a = await house.visit('follower-a');
    const b = await house.visit('follower-b');
    for (const target of targets) {
      const follow = `/follows/${target.split('/').at(-1)}`;
      const seen = async (person: Person) => (await person.call('GET', target)).body;
      expect(await seen(b)).toMatchObject({ isFollowing: false, followers: 0 });
      for (let again = 0; again < 3; again += 1)
        expect((await a.call('PUT', follow)).body).toMatchObject({ isFollowing: true, followers: 1 });
      expect(await seen(a)).toMatchObject({ isFollowing: true, followers: 1 });
      expect(await seen(b)).toMatchObject({ isFollowing: false, followers: 1 });
      expect((await a.call('DELETE', follow)).body).toMatchObject({ isFollowing: false, followers: 0 });
    }
    expect((await a.call('PUT', '/follows/vnd_unknown')).status).toBe(404);
  });

  test('[M-P2] a role that is taken back is gone at the next request, one given is there', async () => {
    const host = await house.visit('role-host');
    const { channelId } = await channelOf(host);
    const helper = await house.visit('role-helper');
    const grant = { role: 'delegate', channelId, permissions: ['pin'] };
    const held = async () => {
      const actor = await house.slices.identity.authenticator.authenticate({
        headers: { cookie: helper.cookie },
      });
      return actor.kind === 'account' ? actor.roles : undefined;
    };
    expect(await held()).toEqual([]);
    expect((await host.call('POST', '/role-grants', { handle: 'role-helper', grant })).status).toBe(200);
    expect(await held()).toEqual([grant]);
    expect((await helper.call('POST', '/role-grants', { handle: 'role-host', grant })).status).toBe(403);
    expect((await host.call('POST', '/role-revocations', { handle: 'role-helper', grant })).status).toBe(200);
    expect(await held()).toEqual([]);
    const operator = { handle: 'role-host', grant: { role: 'operator' } };
    expect((await host.call('POST', '/role-grants', operator)).status).toBe(403);
  });

  test('a channel asked for twice under one key is one channel', async () => {
    const host = await house.visit('one-channel');
    const first = await channelOf(host, 'the-same-key');
    expect(await channelOf(host, 'the-same-key')).toEqual(first);
    expect(await channelOf(host, 'another-key')).not.toEqual(first);
  });

  test('[M-P1] [M-P8] the link makes one operator, once, and that is written down', async () => {
    const open = (person: Person, token: string) => person.call('POST', `/operator-links/${token}`);
    const token = 'link-of-the-first-operator';
    const [first, late] = [await house.visit('first-operator'), await house.visit('late-operator')];
    expect((await open(await house.visit(), token)).status).toBe(401);
    expect((await open(first, 'some-other-link')).status).toBe(404);
    expect((await open(first, token)).status).toBe(204);
    expect((await open(first, token)).status).toBe(204);
    expect(await open(late, token)).toMatchObject({ status: 410, body: { code: 'link-used' } });
    expect(await first.get('/me', Me)).toMatchObject({ roles: [{ role: 'operator' }] });
    const entries = await house.slices.mongo
      .collection<{ _id: string; requestId: string }>('audit')
      .find({ action: 'account.become-operator', actorId: first.accountId })
      .toArray();
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({ handle: 'first-operator', before: [], after: [{ role: 'operator' }] });
    expect(entries[0]?._id).toBe(`${entries[0]?.requestId}:account.become-operator`);
  });
});

test('demo sign-ins are told by a demo house, and by no other', async () => {
  const signIns = [{ handle: 'Hana', password, role: 'host' }];
  const browser = await house.visit();
  expect(await browser.get('/demo/sign-ins', DemoSignIns)).toEqual({ signIns: [] });
  writeFileSync(join(house.dataDir, 'sign-ins.json'), JSON.stringify(signIns));
  expect(await browser.get('/demo/sign-ins', DemoSignIns)).toEqual({ signIns });
  await using earnest = await openHouse({ environment: { DEMO: '0' } });
  writeFileSync(join(earnest.dataDir, 'sign-ins.json'), JSON.stringify(signIns));
  const refused = await (await earnest.visit()).call('GET', '/demo/sign-ins');
  expect(refused).toMatchObject({ status: 403, body: { code: 'demo-disabled' } });
});
