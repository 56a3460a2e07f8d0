import { expect, test } from 'vitest';
import { breachesOf, idsOf, parseDelivered } from './delivered.ts';

test('a title names its ids in brackets, alone or several', () => {
  expect(idsOf('[S3.7] [M-D1, RULE-7] a claim [sic] stands')).toEqual(['S3.7', 'M-D1', 'RULE-7']);
});

test('a list has an id a line, with remarks and comments', () => {
  expect(parseDelivered('# phase 1\nS3.7\n\nM-D1  the first part\n')).toEqual(['S3.7', 'M-D1']);
});

test('a delivered id without a passing test, a misspelt or doubled one, and an unlisted skip are breaches', () => {
  const outcomes = [
    { title: '[S3.7] same answer', state: 'passed' },
    { title: '[S3.8] never over', state: 'failed' },
    { title: '[S3.9] on a real server', state: 'skipped' },
    { title: 'told', state: 'skipped' },
  ] as const;
  const skips = [{ title: 'told', reason: 'needs a real replica set' }];
  expect(breachesOf(outcomes, ['S3.7', 'S3.8', 'S3.7', 'S37'], skips)).toEqual([
    'tests/delivered.txt: S3.8 has no passing test',
    'tests/delivered.txt: S3.7 stands twice',
    'tests/delivered.txt: "S37" is no requirement id',
    'skipped without a reason in tests/skips.json: [S3.9] on a real server',
  ]);
});
