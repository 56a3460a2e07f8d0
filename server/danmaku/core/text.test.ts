import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText, judgeText } from './text.ts';

describe('[M-C2] what does something on a screen is taken out, what says something stays', () => {
  test.each([
    ['control characters', 'a\u0000b\u0007c\u001b[31md', 'abc[31md'],
    ['direction overrides and isolates', 'abc\u202edef\u2066ghi\u2069\u200f', 'abcdefghi'],
    ['zero-width characters', 'a\u200bb\u200cc\u2060d\ufeffe\u00adf', 'abcdef'],
    ['fillers that look like nothing', '\u3164\u115f\uffa0\u2800', ''],
    ['tags and variation selectors', 'x\u{e0041}\ufe0f\u{e0100}y', 'xy'],
    ['lone surrogates and private use', 'a\ud800b\ue000c', 'a\ufffdbc'],
    ['line and page breaks', 'a\nb\r\n\u2028c\u00a0\t d', 'a b c d'],
    ['piled marks', `Z${'\u0335'.repeat(40)}`, `Z${'\u0335'.repeat(4)}`],
  ])('%s', (_what, raw, clean) => {
    expect(cleanText(raw)).toBe(clean);
  });

  test.each([
    '你好，主播！',
    'שלום 12 مرحبا',
    '👨‍👩‍👧 ❤️‍🔥 👍🏽',
    'Zoë naïve',
    'नमस्ते दोस्तों',
    '<b>&amp;</b> {{x}}',
  ])('%s', (text) => {
    expect(cleanText(text)).toBe(text);
  });

  test('composed and decomposed writing become one', () => {
    expect(cleanText('e\u0301')).toBe('é');
    expect(cleanText('e\u200b\u0301')).toBe('é');
  });
});

test('cleaning what is clean changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (raw) => {
      const once = cleanText(raw);
      expect(cleanText(once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});

test('[M-C1] a line has 1 to 100 characters, a picture outside the first plane counting as one', () => {
  expect(judgeText('')).toBe('text-empty');
  expect(judgeText('x')).toBe('fine');
  expect(judgeText('弹'.repeat(100))).toBe('fine');
  expect(judgeText('🍵'.repeat(100))).toBe('fine');
  expect(judgeText('x'.repeat(101))).toBe('text-too-long');
});
