import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureStore } from './pictures.ts';

/** Pictures as files of one folder; each appears whole or not at all. */
export async function filePictureStore(folder: string): Promise<PictureStore> {
  await mkdir(folder, { recursive: true });
  return {
    async put(name, body) {
      const draft = join(folder, `.${randomUUID()}`);
      await writeFile(draft, body);
      await rename(draft, join(folder, name));
    },
    async get(name) {
      try {
        return await readFile(join(folder, name));
      } catch (fault) {
        if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined;
        throw fault;
      }
    },
  };
}
