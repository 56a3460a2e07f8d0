import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesPerCode, readCode, writeCode } from './recovery-code.ts';

test('[M-P1] a recovery code is found again however it is typed', () => {
  const bytes = fc.uint8Array({ minLength: bytesPerCode, maxLength: bytesPerCode });
  fc.assert(
    fc.property(bytes, (random) => {
      const code = writeCode(random);
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
      const sloppy = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      expect(readCode(sloppy)).toBe(code);
    }),
  );
});

test('every bit of the random bytes is in the code', () => {
  const codes = Array.from({ length: 80 }, (_, bit) => {
    const bytes = new Uint8Array(bytesPerCode);
    bytes[bit >> 3] = 1 << (bit & 7);
    return writeCode(bytes);
  });
  expect(new Set(codes).size).toBe(80);
});
