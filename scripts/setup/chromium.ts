import { type Attempt, climbOne, type Ladder } from './ladder.ts';
import { ask, isExecutable, onPath, versionIn } from './probe.ts';

/** The path of the browser that the journeys drive. */
export type Chromium = { binary: string };

/** Chromium, for the tests alone: CHROME_BIN, on PATH, Debian's package. */
export const chromiumLadder: Ladder<Chromium> = {
  part: 'Chromium',
  rungs: [
    { name: 'CHROME_BIN', attempt: () => fromSetting(process.env.CHROME_BIN) },
    { name: 'on PATH', attempt: findOnPath },
    { name: 'Debian package', packages: () => ['chromium'], attempt: findOnPath },
  ],
  install: { debian: ['chromium'], homebrew: ['--cask chromium'] },
  otherwise: 'set CHROME_BIN to a Chromium or Chrome',
};

/** Climbs Chromium's ladder. */
export function ensureChromium(): Promise<Chromium> {
  return climbOne(chromiumLadder);
}

async function fromSetting(binary: string | undefined): Promise<Attempt<Chromium>> {
  if (!binary) return { not: 'not set' };
  if (!isExecutable(binary)) throw new Error(`CHROME_BIN names ${binary}, which is not there to run`);
  return examine(binary);
}

async function findOnPath(): Promise<Attempt<Chromium>> {
  const binary = onPath('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');
  return binary ? examine(binary) : { not: 'no chromium' };
}

async function examine(binary: string): Promise<Attempt<Chromium>> {
  const { ok, stdout } = await ask(binary, ['--version']);
  return ok
    ? { found: { what: binary, version: versionIn(stdout), value: { binary } } }
    : { not: `${binary} does not run` };
}
