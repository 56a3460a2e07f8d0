import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import PostalMime from 'postal-mime';

/** A caught mail: addresses in lower case, `at` when it came (ISO 8601), `text` its plain words. */
export type Mail = { id: string; at: string; from: string; to: string[]; subject: string; text: string };

/** The last mails that came, newest first; each is a file of its own. */
export type Mailbox = { keep: (raw: Readable) => Promise<void>; list: () => readonly Mail[] };

const kept = 200;

/** Opens the mailbox of a folder and reads what is in it. */
export async function openMailbox(folder: string): Promise<Mailbox> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort();
  const mails = await Promise.all(names.map((name) => read(folder, name)));
  let count = 0;

  const forgetOldest = async () => {
    for (const { id } of mails.splice(0, mails.length - kept))
      await rm(join(folder, `${id}.eml`), { force: true });
  };
  await forgetOldest();

  return {
    async keep(raw) {
      // Names sort by time, also within one millisecond.
      const id = `${Date.now()}-${String(count++).padStart(6, '0')}`;
      const path = join(folder, `${id}.eml`);
      await pipeline(raw, createWriteStream(`${path}.new`));
      await rename(`${path}.new`, path);
      mails.push(await read(folder, `${id}.eml`));
      await forgetOldest();
    },
    list: () => mails.toReversed(),
  };
}

async function read(folder: string, name: string): Promise<Mail> {
  const mail = await PostalMime.parse(await readFile(join(folder, name)));
  const id = name.slice(0, -'.eml'.length);
  return {
    id,
    at: new Date(Number(id.slice(0, 13))).toISOString(),
    from: mail.from?.address?.toLowerCase() ?? '',
    to: (mail.to ?? []).flatMap(({ address }) => address?.toLowerCase() ?? []),
    subject: mail.subject ?? '',
    text: mail.text ?? mail.html ?? '',
  };
}
