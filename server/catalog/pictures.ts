import { createHash } from 'node:crypto';
import { Router } from 'express';
import sharp from 'sharp';
import { z } from 'zod';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { PictureId } from '#contract/ids.ts';
import { sendProblem } from '../gateway/problem.ts';

/** Where pictures lie, by hashed name; what is put once never changes. */
export interface PictureStore {
  put(name: string, body: Buffer): Promise<void>;
  get(name: string): Promise<Buffer | undefined>;
}

/** Widths that are kept; a wish is rounded up to the next one. */
const widths = [160, 320, 640, 960, 1280, 1600] as const;
const largest = 1600;
const pixelLimit = 40_000_000;

// Only these are ever decoded: no SVG, PDF or whatever else the library may read.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
});

const decode = (body: Buffer) => sharp(body, { limitInputPixels: pixelLimit, failOn: 'error', pages: 1 });

/**
 * Re-encodes whatever a camera or a tool made as WebP of at most 1600 px: place, time and every other byte that is
 * no picture stay behind. The same picture gets the same id.
 */
export async function keepPicture(
  store: PictureStore,
  body: Buffer,
): Promise<Result<PictureId, 'picture-unreadable'>> {
  let encoded: Buffer;
  try {
    encoded = await decode(body)
      .autoOrient()
      .resize({ width: largest, height: largest, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .toBuffer();
  } catch {
    return refuse('picture-unreadable');
  }
  const pictureId = PictureId.parse(
    `pic_${createHash('sha256').update(encoded).digest('base64url').slice(0, 32)}`,
  );
  await store.put(`${pictureId}.webp`, encoded);
  return accept(pictureId);
}

/** A picture at the smallest kept width that is not below the wish; made on first use. */
export async function readPicture(
  store: PictureStore,
  pictureId: PictureId,
  wish: number | undefined,
): Promise<Buffer | undefined> {
  const width = wish === undefined ? largest : (widths.find((one) => one >= wish) ?? largest);
  if (width === largest) return store.get(`${pictureId}.webp`);
  const name = `${pictureId}-${width}.webp`;
  const kept = await store.get(name);
  if (kept) return kept;
  const whole = await store.get(`${pictureId}.webp`);
  if (whole === undefined) return undefined;
  const made = await decode(whole)
    .resize({ width, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
  await store.put(name, made);
  return made;
}

const Query = z.object({ w: z.coerce.number().int().min(1).max(4000).optional() });

/** GET /pictures/:pictureId?w=: kept by browsers for a year, since an id never changes its bytes. */
export function pictureRouter(store: PictureStore): Router {
  const router = Router();
  router.get('/pictures/:pictureId', async (request, response) => {
    const pictureId = PictureId.safeParse(request.params.pictureId);
    const query = Query.safeParse(request.query);
    if (!pictureId.success || !query.success) return sendProblem(response, 'not-found');
    const body = await readPicture(store, pictureId.data, query.data.w);
    if (body === undefined) return sendProblem(response, 'not-found');
    response
      .set({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': 'image/webp',
        'content-security-policy': "default-src 'none'",
        'x-content-type-options': 'nosniff',
      })
      .send(body);
  });
  return router;
}
