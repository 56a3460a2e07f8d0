import { expect, test } from 'vitest';
import { ChannelId, ProductId, StreamId } from '#contract/ids.ts';
import { StreamState } from '#contract/rooms.ts';
import {
  arrange,
  edit,
  pin,
  type Step,
  type Stream,
  step,
  streamMsOf,
  unpin,
  withProduct,
} from './stream.ts';

const [teapot, scarf, coat] = ['prd_teapot', 'prd_scarf', 'prd_coat'].map((id) => ProductId.parse(id));
if (!teapot || !scarf || !coat) throw new Error('three products');

const scheduled: Stream = {
  streamId: StreamId.parse('stream_1'),
  channelId: ChannelId.parse('ch_1'),
  title: 'Evening',
  coverPictureId: undefined,
  state: 'scheduled',
  currency: 'USD',
  startsAt: 1000,
  liveAt: undefined,
  endedAt: undefined,
  recordingNotice: undefined,
  showcase: [teapot, scarf],
  pinned: undefined,
  pinKeys: [],
  version: 1,
  createdAt: 0,
};
const live: Stream = { ...scheduled, state: 'live', liveAt: 2000 };

const allowed: Record<StreamState, Step | undefined> = {
  scheduled: 'go-live',
  live: 'end',
  ended: 'publish-replay',
  replay: undefined,
};
const steps: Step[] = ['go-live', 'end', 'publish-replay'];

test.each(StreamState.options.flatMap((state) => steps.map((one) => [state, one] as const)))(
  '[M-R2] a stream that is %s is asked to %s',
  (state, wanted) => {
    const result = step({ ...scheduled, state }, wanted, 5000);
    if (allowed[state] === wanted) expect(result).toMatchObject({ ok: true });
    else expect(result).toMatchObject({ ok: false, refusal: 'wrong-stream-state' });
  },
);

test('[RULE-6] going live starts stream time, and it counts from there', () => {
  const result = step(scheduled, 'go-live', 5000);
  if (!result.ok) throw new Error(result.refusal);
  const { stream } = result.value;
  expect(stream).toMatchObject({ state: 'live', liveAt: 5000 });
  expect([4000, 5000, 6500].map((at) => streamMsOf(stream, at))).toEqual([0, 0, 1500]);
  expect(streamMsOf(scheduled, 9000)).toBe(0);
});

test('[M-R2] ending takes the pinned product down and keeps the showcase', () => {
  const result = step({ ...live, pinned: { productId: teapot, at: 3000 } }, 'end', 9000);
  expect(result).toMatchObject({
    value: {
      stream: { state: 'ended', endedAt: 9000, pinned: undefined, showcase: [teapot, scarf] },
      events: [{ kind: 'unpinned', productId: teapot }, { kind: 'ended' }],
    },
  });
});

test('[M-O1] pinning swaps, a resent key and the same product change nothing, strangers are refused', () => {
  const first = pin(live, { productId: teapot, key: 'k1' }, 3000);
  if (!first.ok) throw new Error(first.refusal);
  expect(first.value.events).toEqual([{ kind: 'pinned', productId: teapot }]);
  const second = pin(first.value.stream, { productId: scarf, key: 'k2' }, 4000);
  if (!second.ok) throw new Error(second.refusal);
  expect(second.value.stream.pinned).toEqual({ productId: scarf, at: 4000 });
  for (const resent of [
    { productId: teapot, key: 'k1' },
    { productId: scarf, key: 'k3' },
  ])
    expect(pin(second.value.stream, resent, 5000)).toMatchObject({ value: { events: [] } });
  expect(pin(live, { productId: coat, key: 'k4' }, 3000)).toMatchObject({ refusal: 'not-in-showcase' });
  expect(pin({ ...live, state: 'ended' }, { productId: teapot, key: 'k5' }, 3000)).toMatchObject({
    refusal: 'wrong-stream-state',
  });
});

test('[M-O1] what is unpinned stays in the showcase, and unpinning nothing is no event', () => {
  const pinned = { ...live, pinned: { productId: teapot, at: 3000 } };
  expect(unpin(pinned)).toMatchObject({
    value: { stream: { pinned: undefined, showcase: [teapot, scarf] }, events: [{ kind: 'unpinned' }] },
  });
  expect(unpin(live)).toMatchObject({ value: { events: [] } });
});

test('[S3.3] a product taken out of the showcase is taken down too', () => {
  const pinned = { ...live, pinned: { productId: teapot, at: 3000 } };
  expect(arrange(pinned, [scarf])).toMatchObject({
    value: {
      stream: { showcase: [scarf], pinned: undefined },
      events: [{ kind: 'unpinned', productId: teapot }, { kind: 'showcase-changed' }],
    },
  });
  expect(arrange(pinned, [scarf, teapot])).toMatchObject({
    value: { events: [{ kind: 'showcase-changed' }] },
  });
  expect(arrange(pinned, [teapot, scarf])).toMatchObject({ value: { events: [] } });
});

test('the showcase keeps its order, and a product goes where it is put', () => {
  expect(withProduct(live, coat)).toEqual([teapot, scarf, coat]);
  expect(withProduct(live, scarf)).toEqual([teapot, scarf]);
  expect(withProduct(live, coat, 0)).toEqual([coat, teapot, scarf]);
  expect(withProduct(live, scarf, 0)).toEqual([scarf, teapot]);
});

test('a stream keeps its currency once it shows something, and its start once it began', () => {
  expect(edit(scheduled, { currency: 'EUR' })).toMatchObject({ refusal: 'currency-mismatch' });
  expect(edit({ ...scheduled, showcase: [] }, { currency: 'EUR' })).toMatchObject({ ok: true });
  expect(edit(live, { startsAt: 1 })).toMatchObject({ refusal: 'wrong-stream-state' });
  expect(edit(live, { title: 'Night' })).toMatchObject({ value: { stream: { title: 'Night' } } });
});
