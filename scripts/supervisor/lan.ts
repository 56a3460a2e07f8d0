import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** This machine's address in the local network, or `undefined` when it has none. */
export function lanAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

/** A certificate for that address and for loopback under `folder`; made anew when the address changed or its time is near. */
export async function certificateFor(ip: string, folder: string): Promise<{ cert: string; key: string }> {
  const files = { cert: join(folder, 'lan.crt'), key: join(folder, 'lan.key') };
  if (isGood(files.cert, ip) && existsSync(files.key)) return files;
  mkdirSync(folder, { recursive: true });
  const notAfterDate = new Date(Date.now() + 365 * 86_400_000);
  const made = await generate([{ name: 'commonName', value: 'Dropcast on this network' }], {
    notAfterDate,
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip },
        ],
      },
    ],
  });
  writeFileSync(files.key, made.private, { mode: 0o600 });
  writeFileSync(files.cert, made.cert);
  return files;
}

function isGood(file: string, ip: string): boolean {
  if (!existsSync(file)) return false;
  const certificate = new X509Certificate(readFileSync(file));
  return (
    certificate.checkIP(ip) !== undefined && certificate.validToDate.getTime() > Date.now() + 7 * 86_400_000
  );
}
