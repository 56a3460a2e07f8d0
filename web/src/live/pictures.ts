import { z } from 'zod';
import { PictureId } from '#contract/ids.ts';
import { upload } from './api.ts';

/** Sends a picture and answers its id. @throws ApiError */
export async function sendPicture(file: File): Promise<PictureId> {
  return (await upload('/pictures', file, z.object({ pictureId: PictureId }))).pictureId;
}

/** Where a picture of about this width is found; undefined without one. */
export const pictureSrc = (pictureId: PictureId | null | undefined, width: 320 | 640): string | undefined =>
  pictureId ? `/pictures/${pictureId}?w=${width}` : undefined;
