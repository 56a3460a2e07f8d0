import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const secret = (prefix: string) => z.string().default(() => prefix + randomBytes(24).toString('base64url'));

const Secrets = z.object({
  webhookSecret: secret('whsec_'),
  simulatorSecretKey: secret('sk_test_'),
  simulatorPublishableKey: secret('pk_test_'),
  mediaControlToken: secret(''),
  setupLinkToken: secret(''),
});

/** What the processes of one data folder share and nobody else may know. */
export type Secrets = z.infer<typeof Secrets>;

/** Reads the folder's secrets, and makes those that are missing; the file is readable by its owner alone. */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const secrets = Secrets.parse(read(file));
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secrets;
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return {};
    throw new Error(`${file} is damaged: mend it, or delete it to make new secrets`, { cause: fault });
  }
}
