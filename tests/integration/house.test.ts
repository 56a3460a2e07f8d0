import { expect, test } from 'vitest';
import { openHouse, openSocket } from '../support/house.ts';

test('a house opens on free ports, signs somebody up, and a second server knows them', async () => {
  await using house = await openHouse();
  const aki = await house.visit('aki');
  await using second = await house.openSecond();
  const there = await fetch(`${second.address}/api/v1/me`, { headers: { cookie: aki.cookie } });
  expect(await there.json()).toMatchObject({ handle: 'aki' });
  await using socket = await openSocket(aki, second.address);
  expect(await socket.ask('clock.read', {})).toMatchObject({ ok: true });
});
