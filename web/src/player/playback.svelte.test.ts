import { expect, test } from 'vitest';
import { Playback } from './playback.svelte.ts';

const stream = {} as MediaStream;

/** An element under an autoplay rule: what play() does for it, muted or not. */
function element(mayPlay: (isMuted: boolean) => boolean) {
  const video = {
    muted: true,
    srcObject: null,
    async play() {
      if (!mayPlay(video.muted)) throw new DOMException('no gesture', 'NotAllowedError');
    },
  };
  return video as unknown as HTMLVideoElement;
}

test('[M-R3] with sound allowed it starts with sound', async () => {
  const playback = new Playback();
  const video = element(() => true);
  playback.attach(video);
  await playback.play(stream);
  expect([video.muted, playback.needsTapForSound, playback.needsTapToPlay]).toEqual([false, false, false]);
});

test('[M-R3] without sound allowed it plays muted, and one tap gives sound', async () => {
  let hasGesture = false;
  const playback = new Playback();
  const video = element((isMuted) => isMuted || hasGesture);
  playback.attach(video);
  await playback.play(stream);
  expect([video.muted, playback.needsTapForSound, playback.needsTapToPlay]).toEqual([true, true, false]);
  hasGesture = true;
  await playback.tap();
  expect([video.muted, playback.needsTapForSound]).toEqual([false, false]);
});

test('[M-R3] with autoplay blocked it shows a play button, and one tap plays', async () => {
  let hasGesture = false;
  const playback = new Playback();
  playback.attach(element(() => hasGesture));
  await playback.play(stream);
  expect(playback.needsTapToPlay).toBe(true);
  hasGesture = true;
  await playback.tap();
  expect([playback.needsTapToPlay, playback.isMuted]).toEqual([false, false]);
});

test('a viewer who turned sound off keeps it off when the stream is replaced', async () => {
  const playback = new Playback();
  const video = element(() => true);
  playback.attach(video);
  await playback.play(stream);
  await playback.toggleSound();
  await playback.play(stream);
  expect([video.muted, playback.needsTapForSound]).toEqual([true, false]);
});
