import { expect, test } from 'vitest';
import { warningIn } from './logs.ts';

test.each([
  ['{"level":40,"msg":"redis is away"}', 'warning: redis is away'],
  ['{"level":50,"msg":"lost","err":{"message":"ECONNREFUSED"}}', 'error: lost: ECONNREFUSED'],
  ['{"level":50,"msg":"same","err":{"message":"same"}}', 'error: same'],
  ['{"level":30,"msg":"up"}', undefined],
  ['READY server http://127.0.0.1:3000', undefined],
  ['{"level":50', undefined],
  ['{"msg":"no level"}', undefined],
])('of the line %s the console gets %s', (line, said) => {
  expect(warningIn(line)).toBe(said);
});
