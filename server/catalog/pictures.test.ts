import sharp from 'sharp';
import { expect, test } from 'vitest';
import { keepPicture, type PictureStore, readPicture } from './pictures.ts';

function memoryPictures(): PictureStore & { names: () => string[] } {
  const kept = new Map<string, Buffer>();
  return {
    names: () => [...kept.keys()],
    put: async (name, body) => void kept.set(name, body),
    get: async (name) => kept.get(name),
  };
}

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c04020' } });

test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('[S0.17] a %s is kept as WebP', async (format) => {
  const store = memoryPictures();
  const kept = await keepPicture(store, await plain(200, 100).toFormat(format).toBuffer());
  if (!kept.ok) throw new Error(kept.refusal);
  const body = await readPicture(store, kept.value, undefined);
  expect(await sharp(body).metadata()).toMatchObject({ format: 'webp', width: 200, height: 100 });
});

test('what a camera says of place and owner is gone, and so is what was hidden behind the picture', async () => {
  const store = memoryPictures();
  const photo = await plain(100, 100)
    .withExif({ IFD0: { Copyright: 'canary-owner' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .jpeg()
    .toBuffer();
  expect(photo.includes('canary-owner')).toBe(true);
  const polyglot = Buffer.concat([photo, Buffer.from('<script>canary-script</script>')]);
  const kept = await keepPicture(store, polyglot);
  if (!kept.ok) throw new Error(kept.refusal);
  const body = await readPicture(store, kept.value, undefined);
  expect(body?.includes('canary')).toBe(false);
  expect((await sharp(body).metadata()).exif).toBeUndefined();
});

test('SVG, PDF, text, nothing and torn pictures are refused', async () => {
  const store = memoryPictures();
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>1</script></svg>';
  const torn = (await plain(400, 400).jpeg().toBuffer()).subarray(0, 300);
  for (const body of [Buffer.from(svg), Buffer.from('%PDF-1.4\n'), Buffer.from('hello'), Buffer.of(), torn])
    expect(await keepPicture(store, body)).toEqual({ ok: false, refusal: 'picture-unreadable' });
  expect(store.names()).toEqual([]);
});

test('a small file that unfolds to 100 million pixels is refused', async () => {
  const bomb = await sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: '#fff' } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  expect(bomb.length).toBeLessThan(1 << 20);
  expect(await keepPicture(memoryPictures(), bomb)).toMatchObject({ refusal: 'picture-unreadable' });
});

test('a large picture is kept at 1600 px and served at the next kept width, made once', async () => {
  const store = memoryPictures();
  const kept = await keepPicture(store, await plain(3000, 1500).jpeg().toBuffer());
  if (!kept.ok) throw new Error(kept.refusal);
  const widthOf = async (wish?: number) =>
    (await sharp(await readPicture(store, kept.value, wish)).metadata()).width;
  expect([await widthOf(), await widthOf(300), await widthOf(310), await widthOf(4000)]).toEqual([
    1600, 320, 320, 1600,
  ]);
  expect(store.names()).toEqual([`${kept.value}.webp`, `${kept.value}-320.webp`]);
});
