import { expect, test } from 'vitest';
import { parseFlags } from './flags.ts';

const none = { port: undefined, data: undefined, lan: false, demo: true, resetDemo: false, dev: false };

test('no flags start a demo on the usual port and folder', () => {
  expect(parseFlags([])).toEqual(none);
});

test('every flag is heard', () => {
  expect(parseFlags(['--port', '8080', '--data=elsewhere', '--lan', '--no-demo', '--reset-demo'])).toEqual({
    ...none,
    port: 8080,
    data: 'elsewhere',
    lan: true,
    demo: false,
    resetDemo: true,
  });
});

test('help wins over the rest', () => {
  expect(parseFlags(['--lan', '--help'])).toEqual({ help: true });
});

test.each([
  [['--prot', '1'], /--prot/],
  [['start'], /start/],
  [['--port', 'http'], /--port takes a number from 0 to 65535, not "http"/],
  [['--port', '65536'], /65536/],
  [['--port', ''], /--port/],
  [['--port'], /--port/],
  [['--data', ''], /--data takes a folder/],
])('%j is refused in words that name it', (words, said) => {
  expect(parseFlags(words)).toEqual({ fault: expect.stringMatching(said) });
});
