/** A finished test as the rules below see it. */
export type Outcome = { title: string; state: 'passed' | 'failed' | 'skipped' };
export type Skip = { title: string; reason: string };

const id = /^(?:S\d\.\d+|M-[A-Z]\d+|RULE-\d)$/;

/** The requirement ids that a title names in brackets: `[S3.7] a resent claim …`, `[M-P1] [M-P2] …`, `[S3.7, M-D1] …`. */
export function idsOf(title: string): string[] {
  const inBrackets = [...title.matchAll(/\[([^\]]+)\]/g)].flatMap(([, words = '']) => words.split(/[\s,]+/));
  return inBrackets.filter((word) => id.test(word));
}

/** The ids of `delivered.txt`: one a line, the rest of a line is a remark, `#` begins a comment. */
export function parseDelivered(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((word) => word !== '' && !word.startsWith('#'));
}

/**
 * What a whole run must also hold: each delivered id has a passing test and no failing one, no line of the list is
 * misspelt or doubled, and each skipped test is listed with its reason. Answers one sentence per breach.
 */
export function breachesOf(
  outcomes: readonly Outcome[],
  delivered: readonly string[],
  skips: readonly Skip[],
): string[] {
  const breaches: string[] = [];
  const passing = new Set(
    outcomes.filter(({ state }) => state === 'passed').flatMap(({ title }) => idsOf(title)),
  );
  for (const [index, one] of delivered.entries()) {
    if (!id.test(one)) breaches.push(`tests/delivered.txt: "${one}" is no requirement id`);
    else if (delivered.indexOf(one) !== index) breaches.push(`tests/delivered.txt: ${one} stands twice`);
    else if (!passing.has(one)) breaches.push(`tests/delivered.txt: ${one} has no passing test`);
  }
  const listed = new Map(skips.map(({ title, reason }) => [title, reason]));
  for (const { title, state } of outcomes)
    if (state === 'skipped' && !listed.get(title)?.trim())
      breaches.push(`skipped without a reason in tests/skips.json: ${title}`);
  return breaches;
}
