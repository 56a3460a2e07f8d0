import { debianPackages, installCommand, type Packages } from './apt.ts';
import { say, step } from './probe.ts';

/** What a rung found: what it is in one line, its version where known, and the value that starts it. */
export type Found<T> = { what: string; version?: string | undefined; value: T };

/** A rung either stands, or says why not. */
export type Attempt<T> = { found: Found<T> } | { not: string };

/**
 * One way to get a part. `packages` are Debian's names of what it stands on, already there or not; one that `makes`
 * something (downloads, builds) is not tried by who only looks.
 */
export type Rung<T> = {
  name: string;
  makes?: true;
  packages?: () => readonly string[] | Promise<readonly string[]>;
  attempt: () => Promise<Attempt<T>>;
};

/** The ways to get one part, best first, and what a person does when all fail: install something, or `otherwise`. */
export type Ladder<T> = { part: string; rungs: readonly Rung<T>[]; install: Installable; otherwise: string };

/** Names of packages by package manager. */
type Installable = { debian: readonly string[]; homebrew: readonly string[] };

/** How far a ladder got: the find with the name of its rung, or every reason on the way down. */
export type Outcome<T> = { part: string; found: Found<T>; rung: string } | Missing;

/** A ladder that ended without a find. */
export type Missing = {
  part: string;
  found?: undefined;
  reasons: string[];
  install: Installable;
  otherwise: string;
};

/** A ladder that ended without a find, in words that name the remedy. */
export class SetupFault extends Error {
  readonly code = 'setup-failed';
}

type Climb = {
  ladder: Ladder<unknown>;
  at: number;
  reasons: string[];
  outcome?: Outcome<unknown>;
  wants: string[];
};

/** Whose package manager is used, and whether anything may be made at all. */
export type ClimbOptions = { packages?: Packages; onlyLook?: boolean };

/**
 * Climbs several ladders and gathers what they want from the package manager into one run. Nothing is installed for a
 * ladder that a better rung satisfies, and nothing at all when each is satisfied without.
 */
export async function climb<T extends readonly unknown[]>(
  ladders: { [K in keyof T]: Ladder<T[K]> },
  { packages = debianPackages, onlyLook = false }: ClimbOptions = {},
): Promise<{ [K in keyof T]: Outcome<T[K]> }> {
  const climbs = ladders.map((ladder): Climb => ({ ladder, at: 0, reasons: [], wants: [] }));
  let installed: boolean | undefined;
  for (;;) {
    await Promise.all(climbs.map((one) => goOn(one, packages, onlyLook, installed)));
    const wanted = [...new Set(climbs.flatMap(({ wants }) => wants))];
    if (wanted.length === 0) break;
    installed = await step('packages', `installing ${wanted.join(' ')} with apt-get`, () =>
      packages.install(wanted),
    );
  }
  return climbs.map(outcomeOf) as { [K in keyof T]: Outcome<T[K]> };
}

/** Climbs one ladder, and throws a `SetupFault` with reasons and remedy when it ends without a find. */
export async function climbOne<T>(ladder: Ladder<T>, options?: ClimbOptions): Promise<T> {
  const [outcome] = await climb<[T]>([ladder], options);
  return foundValue(outcome);
}

/** The value of an outcome, or a `SetupFault`. */
export function foundValue<T>(outcome: Outcome<T>): T {
  if (outcome.found) return outcome.found.value;
  throw new SetupFault(describeFailure(outcome));
}

/** Says what a ladder found, in one line. */
export function tell(outcome: Outcome<unknown>): void {
  if (outcome.found) say(outcome.part, describe(outcome.found));
}

/** What was found and its version, in one line. */
export function describe({ what, version }: Found<unknown>): string {
  return version === undefined ? what : `${what}, version ${version}`;
}

/** Why parts are missing and what to do, with one command for all of them. */
export function describeFailure(...missing: Missing[]): string {
  const parts = missing.map(
    (one) =>
      `${one.part} is missing:\n${one.reasons.map((reason) => `  - ${reason}\n`).join('')}  ${remedyOf(one)}`,
  );
  if (missing.length > 1) {
    const all = (kind: keyof Installable) => missing.flatMap(({ install }) => install[kind]);
    parts.push(
      `One command for all: ${installCommand({ debian: all('debian'), homebrew: all('homebrew') })}`,
    );
  }
  return parts.join('\n');
}

/** What a person does about a missing part. */
export function remedyOf({ install, otherwise }: Missing): string {
  return `What to do: ${[installCommand(install), otherwise].filter(Boolean).join('; or ')}`;
}

function outcomeOf({ ladder: { part, install, otherwise }, outcome, reasons }: Climb): Outcome<unknown> {
  return outcome ?? { part, reasons, install, otherwise };
}

/** Goes on until a rung stands, the ladder ends, or a rung waits for packages. */
async function goOn(climb: Climb, packages: Packages, onlyLook: boolean, installed?: boolean): Promise<void> {
  const { ladder, reasons } = climb;
  while (!climb.outcome) {
    const rung = ladder.rungs[climb.at];
    if (!rung) return;
    const hasWaited = climb.wants.length > 0;
    climb.wants = [];
    const missing = rung.packages ? await packages.missing(await rung.packages()) : [];
    const refusal = missing.length > 0 ? packages.refusal() : undefined;
    if (missing.length > 0 && !refusal && !hasWaited && !onlyLook) {
      climb.wants = missing;
      return;
    }
    const attempt = await tryRung(rung, missing, refusal, onlyLook, installed);
    if ('found' in attempt) climb.outcome = { part: ladder.part, found: attempt.found, rung: rung.name };
    else reasons.push(`${rung.name}: ${attempt.not}`);
    climb.at += 1;
  }
}

async function tryRung(
  rung: Rung<unknown>,
  missing: string[],
  refusal: string | undefined,
  onlyLook: boolean,
  installed?: boolean,
): Promise<Attempt<unknown>> {
  if (missing.length > 0 && refusal) return { not: `${missing.join(' ')} not installed, and ${refusal}` };
  if (onlyLook && (missing.length > 0 || rung.makes)) return { not: 'npm start would prepare it' };
  if (missing.length === 0) return rung.attempt();
  return {
    not: `apt-get did not install ${missing.join(' ')}${installed ? '' : ' (it failed, see above)'}`,
  };
}
