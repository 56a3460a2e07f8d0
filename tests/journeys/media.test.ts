import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MediaStage, openMediaStage } from '../support/media.ts';
import {
  buildMediaPage,
  type MediaServer,
  newRoom,
  openMediaServer,
  openTheatre,
  type Seat,
} from '../support/media-theatre.ts';
import { openUdpRelay, type UdpRelay } from '../support/udp-relay.ts';

let stage: MediaStage;
let page: Awaited<ReturnType<typeof buildMediaPage>>;
let theatre: Awaited<ReturnType<typeof openTheatre>>;
let server: MediaServer;
let relay: UdpRelay;

beforeAll(async () => {
  stage = await openMediaStage();
  await stage.openNode();
  page = await buildMediaPage();
  relay = await openUdpRelay();
  server = await openMediaServer(stage, page.router, { relays: { bo: relay } });
  theatre = await openTheatre();
}, 60_000);
afterAll(async () => {
  await theatre?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await relay?.[Symbol.asyncDispose]();
  page?.[Symbol.dispose]();
  await stage?.[Symbol.asyncDispose]();
});

const soon = { timeout: 20_000, interval: 100 };

async function goLive(room: string, query: Record<string, string> = {}): Promise<Seat> {
  const host = await theatre.seat(server.address, 'hana', { role: 'host', room, ...query });
  await host.page.getByRole('button', { name: 'Go live' }).click();
  await expect.poll(async () => (await host.look()).state, soon).toBe('live');
  return host;
}

test('[S0.4] [M-R1] [M-R3] a host goes live from a camera in three layers, and a viewer sees it move', async () => {
  const room = newRoom();
  const host = await goLive(room);
  const viewer = await theatre.seat(server.address, 'aki', { room });
  await expect.poll(async () => (await viewer.look()).state, soon).toBe('playing');
  const early = await viewer.look();
  await expect
    .poll(async () => {
      const { time, viewing } = await viewer.look();
      return time > early.time + 1 && (viewing?.bytesReceived ?? 0) > (early.viewing?.bytesReceived ?? 0);
    }, soon)
    .toBe(true);
  await expect
    .poll(async () => {
      const onAir = await server.media.onAir(room);
      const video = onAir.ok && onAir.value.producers.find(({ kind }) => kind === 'video');
      return video ? video.layers.map(({ rid, score }) => [rid, score >= 8]) : [];
    }, soon)
    .toEqual([
      ['r0', true],
      ['r1', true],
      ['r2', true],
    ]);
  const { publishing, level } = await host.look();
  console.log(JSON.stringify(publishing), level, JSON.stringify(await viewer.look()));
  await Promise.all([host.context.close(), viewer.context.close()]);
}, 60_000);
