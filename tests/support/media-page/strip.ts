const columns = 32;
/** Milliseconds are drawn modulo this; a multiple of 1000, below 2^24. */
const wrap = 16_000_000;

/** 1 0, 24 bits most significant first, their xor in nibbles, 0 1. */
function bitsOf(value: number): number[] {
  const bits = Array.from({ length: 24 }, (_, index) => (value >> (23 - index)) & 1);
  let check = 0;
  for (let nibble = 0; nibble < 24; nibble += 4) check ^= (value >> nibble) & 15;
  return [1, 0, ...bits, ...[8, 4, 2, 1].map((mask) => (check & mask ? 1 : 0)), 0, 1];
}

/**
 * A track that carries the time of its drawing as a strip of bars along its top.
 */
export function drawStrip(width: number, height: number): MediaStreamTrack | undefined {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no canvas');
  let turn = 0;
  setInterval(() => {
    turn += 1;
    pen.fillStyle = `hsl(${turn % 360} 60% 50%)`;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = '#fff';
    pen.fillRect((turn * 7) % width, height / 2, 60, 60);
    bitsOf(Date.now() % wrap).forEach((bit, column) => {
      pen.fillStyle = bit ? '#fff' : '#000';
      pen.fillRect((column * width) / columns, 0, width / columns, height / 12);
    });
  }, 40);
  const [track] = canvas.captureStream(25).getVideoTracks();
  return track;
}

/** Draw-to-display delays in ms, one a frame, and how many frames could not be read. */
export function readStrip(
  video: HTMLVideoElement | null,
  forMs: number,
): Promise<{ delays: number[]; unreadable: number }> {
  const canvas = Object.assign(document.createElement('canvas'), { width: columns, height: 1 });
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (pen === null || video === null) throw new Error('nothing to read');
  const delays: number[] = [];
  let unreadable = 0;
  const until = performance.now() + forMs;
  return new Promise((resolve) => {
    const onFrame = () => {
      const now = Date.now() % wrap;
      const { videoWidth: width, videoHeight: height } = video;
      const margin = 0.3 * (width / columns);
      for (let column = 0; column < columns; column += 1) {
        const x = (column * width) / columns + margin;
        pen.drawImage(video, x, height / 48, width / columns - 2 * margin, height / 24, column, 0, 1, 1);
      }
      const { data } = pen.getImageData(0, 0, columns, 1);
      const bits = Array.from({ length: columns }, (_, column) => ((data[column * 4] ?? 0) > 127 ? 1 : 0));
      const value = bits.slice(2, 26).reduce<number>((sum, bit) => sum * 2 + bit, 0);
      if (bitsOf(value).every((bit, column) => bit === bits[column]))
        delays.push((now - value + wrap) % wrap);
      else unreadable += 1;
      if (performance.now() < until) video.requestVideoFrameCallback(onFrame);
      else resolve({ delays, unreadable });
    };
    video.requestVideoFrameCallback(onFrame);
  });
}
