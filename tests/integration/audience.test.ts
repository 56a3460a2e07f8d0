import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Person } from '../support/cast.ts';
import { openHouse, openSocket } from '../support/house.ts';
import { shop } from '../support/shop.ts';

test('[M-A2] a known run of 20 equals its numbers; reloads, reconnects and second tabs inflate none', async () => {
  let aheadMs = 0;
  await using timed = await openHouse({
    overrides: {
      clock: { now: () => Date.now() + aheadMs, isTrusted: () => true },
      presenceTimes: { tickMs: 30, flushMs: 30 },
    },
  });
  const host = await timed.visit('hana');
  const { streamId } = await shop.schedule(host, await shop.openChannel(host));
  await host.call('POST', `/streams/${streamId}/go-live`);
  const { rooms } = timed.slices;
  const began = Date.now();
  const people = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const guest = await timed.visit();
      await guest.call('POST', '/guest-sessions');
      return guest;
    }),
  );
  const join = async (person: Person) => {
    const socket = await openSocket(person);
    await socket.ask('room.enter', { streamId });
    return socket;
  };
  const sockets = await Promise.all(people.map(join));
  await eventually(async () => (await rooms.online(streamId)).online === 20);

  aheadMs = 10_000;
  await eventually(async () => (await rooms.online(streamId)).peak === 20);
  const [first] = sockets;
  await first?.until(() =>
    first.heard('rooms.online').some(({ d }) => z.object({ online: z.literal(20) }).safeParse(d).success),
  );
  for (const index of [1, 2, 3, 4]) await sockets[index]?.[Symbol.asyncDispose]();
  sockets.push(...(await Promise.all(people.slice(1, 9).map(join))));
  aheadMs = 14_000;
  for (const socket of sockets) await socket[Symbol.asyncDispose]();
  await eventually(async () => (await rooms.online(streamId)).views === 20);
  await eventually(async () => (await rooms.online(streamId)).watchedMs >= 20 * 14_000);
  const { watchedMs } = await rooms.online(streamId);
  expect(watchedMs).toBeLessThan(20 * (14_000 + Date.now() - began));

  aheadMs = 40_000;
  expect(await rooms.online(streamId)).toEqual({ online: 0, peak: 20, views: 20, watchedMs });
  const told = sockets.flatMap((socket) => socket.heard('rooms.online'));
  for (const { d } of told) expect(z.object({ online: z.int() }).parse(d).online).toBeLessThanOrEqual(20);
  expect(Math.max(...(await rooms.samples(streamId)).map(({ online }) => online))).toBe(20);

  await timed.slices.redis.flushall();
  expect(await rooms.online(streamId)).toEqual({ online: 0, peak: 20, views: 20, watchedMs });
}, 30_000);

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 8000, interval: 20 }).toBe(true);
}
