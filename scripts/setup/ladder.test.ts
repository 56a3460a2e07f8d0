import { expect, test } from 'vitest';
import type { Packages } from './apt.ts';
import { type Attempt, climb, climbOne, type Ladder, type Rung } from './ladder.ts';

/** A package manager that remembers what it was asked for. */
function packagesOf({ refusal, breaks = false }: { refusal?: string; breaks?: boolean } = {}) {
  const runs: string[][] = [];
  const installed = new Set<string>();
  const packages: Packages = {
    missing: async (names) => names.filter((name) => !installed.has(name)),
    refusal: () => refusal,
    install: async (names) => {
      runs.push([...names]);
      if (!breaks) for (const name of names) installed.add(name);
      return !breaks;
    },
  };
  return { packages, runs, installed };
}

const stands = async (): Promise<Attempt<string>> => ({ found: { what: 'it', value: 'it' } });
const fails = async (): Promise<Attempt<string>> => ({ not: 'no luck' });
const never = async (): Promise<Attempt<string>> => expect.fail('this rung must not be tried');

function ladder(part: string, ...rungs: Rung<string>[]): Ladder<string> {
  return { part, rungs, install: { debian: [part], homebrew: [part] }, otherwise: `mend ${part}` };
}

test('the first rung that stands is taken, and those below it are not tried', async () => {
  const [outcome] = await climb([
    ladder(
      'a',
      { name: 'one', attempt: fails },
      { name: 'two', attempt: stands },
      { name: 'three', attempt: never },
    ),
  ]);
  expect(outcome).toMatchObject({ part: 'a', rung: 'two' });
});

test('what several ladders want is installed in one run', async () => {
  const { packages, runs } = packagesOf();
  const outcomes = await climb(
    [
      ladder(
        'a',
        { name: 'own', attempt: fails },
        { name: 'package', packages: () => ['redis'], attempt: stands },
      ),
      ladder('b', { name: 'package', packages: () => ['jdk', 'maven'], attempt: stands }),
      ladder(
        'c',
        { name: 'own', attempt: stands },
        { name: 'package', packages: () => ['ffmpeg'], attempt: never },
      ),
    ],
    { packages },
  );
  expect(runs).toEqual([['redis', 'jdk', 'maven']]);
  expect(outcomes.map((outcome) => outcome.found && outcome.rung)).toEqual(['package', 'package', 'own']);
});

test('nothing is installed when what a rung stands on is there', async () => {
  const { packages, runs, installed } = packagesOf();
  installed.add('redis');
  await climb([ladder('a', { name: 'package', packages: () => ['redis'], attempt: stands })], { packages });
  expect(runs).toEqual([]);
});

test('where nothing may be installed, the ladder goes on below and at its end names reasons and remedy', async () => {
  const { packages, runs } = packagesOf({ refusal: 'DROPCAST_NO_SYSTEM_INSTALL forbids it' });
  const withPackage: Rung<string> = { name: 'package', packages: () => ['ffmpeg'], attempt: never };
  const below = ladder('a', withPackage, { name: 'npm', attempt: stands });
  expect(await climb([below], { packages })).toMatchObject([{ rung: 'npm' }]);
  await expect(climbOne(ladder('b', withPackage), { packages })).rejects.toThrow(
    /b is missing:.*package: ffmpeg not installed, and DROPCAST_NO_SYSTEM_INSTALL.*What to do: .*install.* b; or mend b/s,
  );
  expect(runs).toEqual([]);
});

test('an install that fails is tried once, and the next rung has its turn', async () => {
  const { packages, runs } = packagesOf({ breaks: true });
  const outcomes = await climb(
    [
      ladder(
        'a',
        { name: 'package', packages: () => ['ffmpeg'], attempt: never },
        { name: 'npm', attempt: stands },
      ),
    ],
    { packages },
  );
  expect(outcomes).toMatchObject([{ rung: 'npm' }]);
  expect(runs).toHaveLength(1);
});

test('who only looks installs nothing and makes nothing', async () => {
  const { packages, runs } = packagesOf();
  const outcomes = await climb(
    [
      ladder(
        'a',
        { name: 'package', packages: () => ['ffmpeg'], attempt: never },
        { name: 'build', makes: true, attempt: never },
      ),
    ],
    { packages, onlyLook: true },
  );
  expect(outcomes).toMatchObject([
    { reasons: [/package: npm start/, /build: npm start/].map((r) => expect.stringMatching(r)) },
  ]);
  expect(runs).toEqual([]);
});
