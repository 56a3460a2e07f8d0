const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** How many codes an account gets at sign-up, and the random bytes (80 bits) that make one. */
export const codesPerAccount = 8;
export const bytesPerCode = 10;

/** Ten random bytes as people copy them: `7K3M-0QXZ-…`, 16 characters of Crockford's base 32 in groups of four. */
export function writeCode(bytes: Uint8Array): string {
  let bits = bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  let text = '';
  for (let at = 0; at < 16; at += 1) {
    text = (alphabet[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return text.replace(/.{4}(?=.)/g, '$&-');
}

/** What was typed in the form of {@link writeCode}: case, blanks and look-alikes (O, I, L) do not matter. */
export function readCode(typed: string): string {
  const plain = typed
    .toUpperCase()
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
    .replace(/[^0-9A-Z]/g, '');
  return plain.replace(/.{4}(?=.)/g, '$&-');
}
