import { expect, test } from 'vitest';
import { StreamId } from '#contract/ids.ts';
import type { MediaSignal } from '../../player/signal.ts';
import { Broadcast } from './broadcast.svelte.ts';

const streamId = StreamId.parse('stream_tea');
const signal: MediaSignal = {
  request: async () => ({ ok: false, refusal: 'forbidden' }),
  on: () => () => {},
  onReturn: () => () => {},
};

function openMemory() {
  const held = new Map<string, string>();
  return {
    getItem: (name: string) => held.get(name) ?? null,
    setItem: (name: string, value: string) => void held.set(name, value),
    removeItem: (name: string) => void held.delete(name),
  };
}

function open(tab = openMemory()): { broadcast: Broadcast; done: string[] } {
  const broadcast = new Broadcast(signal, streamId, { tab, browser: openMemory() });
  const done: string[] = [];
  broadcast.publish = async () => void done.push('published');
  return { broadcast, done };
}

test('[M-R1] going live counts down, then steps on the server, then publishes', async () => {
  const { broadcast, done } = open();
  const going = broadcast.goLive(async () => void done.push('live'), 1);
  expect(broadcast.count).toBe(3);
  expect(await going).toBe(true);
  expect([broadcast.count, done]).toEqual([0, ['live', 'published']]);
});

test('[M-R1] a countdown called off changes nothing on the server', async () => {
  const { broadcast, done } = open();
  const going = broadcast.goLive(async () => void done.push('live'), 60_000);
  broadcast.cancel();
  expect(await going).toBe(false);
  expect([broadcast.count, done]).toEqual([0, []]);
});

test('a refused step publishes nothing', async () => {
  const { broadcast, done } = open();
  const refused = async () => {
    throw new Error('wrong-stream-state');
  };
  await expect(broadcast.goLive(refused, 1)).rejects.toThrow('wrong-stream-state');
  expect([broadcast.wasOnAir, done]).toEqual([false, []]);
});

test('leaving the page keeps the memory of being on air, ending forgets it', () => {
  const tab = openMemory();
  tab.setItem(`dropcast.on-air.${streamId}`, 'yes');
  const { broadcast } = open(tab);
  broadcast.leave();
  expect(open(tab).broadcast.wasOnAir).toBe(true);
  broadcast.end();
  expect(open(tab).broadcast.wasOnAir).toBe(false);
});
