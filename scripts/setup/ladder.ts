import { debianPackages, type Packages } from './apt.ts';
import { say, step } from './probe.ts';

/** What a rung found: what it is in one line, its version where known, and the value that starts it. */
export type Found<T> = { what: string; version?: string | undefined; value: T };

/** A rung either stands, or says why not. */
export type Attempt<T> = { found: Found<T> } | { not: string };

/** One way to get a part. `packages` are Debian's names of what it stands on, already there or not. */
export type Rung<T> = {
  name: string;
  packages?: () => readonly string[] | Promise<readonly string[]>;
  attempt: () => Promise<Attempt<T>>;
};

/** The ways to get one part, best first, and what a person does when all fail. */
export type Ladder<T> = { part: string; rungs: readonly Rung<T>[]; remedy: () => string };

/** How far a ladder got: the find with the name of its rung, or every reason on the way down. */
export type Outcome<T> = { part: string } & (
  | { found: Found<T>; rung: string }
  | { found?: undefined; reasons: string[]; remedy: string }
);

/** A ladder that ended without a find, in words that name the remedy. */
export class SetupFault extends Error {
  readonly code = 'setup-failed';
}

type Climb<T> = { ladder: Ladder<T>; at: number; reasons: string[]; outcome?: Outcome<T>; wants: string[] };

/**
 * Climbs several ladders and gathers what they want from the package manager into one run. Nothing is installed for a
 * ladder that a better rung satisfies, and nothing at all when each is satisfied without.
 */
export async function climb<T>(
  ladders: readonly Ladder<T>[],
  packages: Packages = debianPackages,
): Promise<Outcome<T>[]> {
  const climbs = ladders.map((ladder): Climb<T> => ({ ladder, at: 0, reasons: [], wants: [] }));
  let installed: boolean | undefined;
  for (;;) {
    await Promise.all(climbs.map((one) => goOn(one, packages, installed)));
    const wanted = [...new Set(climbs.flatMap(({ wants }) => wants))];
    if (wanted.length === 0) return climbs.map(outcomeOf);
    installed = await step('packages', `installing ${wanted.join(' ')} with apt-get`, () =>
      packages.install(wanted),
    );
  }
}

/** Climbs one ladder, and throws a `SetupFault` with reasons and remedy when it ends without a find. */
export async function climbOne<T>(ladder: Ladder<T>, packages?: Packages): Promise<T> {
  const [outcome] = await climb([ladder], packages);
  return foundValue(outcome);
}

/** The value of an outcome, or a `SetupFault`. */
export function foundValue<T>(outcome: Outcome<T> | undefined): T {
  if (outcome?.found) return outcome.found.value;
  throw new SetupFault(outcome ? describeFailure(outcome) : 'nothing was looked for');
}

/** Says what a ladder found, in one line. */
export function tell(outcome: Outcome<unknown>): void {
  if (outcome.found) say(outcome.part, describe(outcome.found));
}

/** What was found and its version, in one line. */
export function describe({ what, version }: Found<unknown>): string {
  return version === undefined ? what : `${what}, version ${version}`;
}

function describeFailure({
  part,
  reasons,
  remedy,
}: {
  part: string;
  reasons: string[];
  remedy: string;
}): string {
  return `${part} is missing:\n${reasons.map((reason) => `  - ${reason}\n`).join('')}  What to do: ${remedy}`;
}

function outcomeOf<T>({ ladder: { part, remedy }, outcome, reasons }: Climb<T>): Outcome<T> {
  return outcome ?? { part, reasons, remedy: remedy() };
}

/** Goes on until a rung stands, the ladder ends, or a rung waits for packages. */
async function goOn<T>(climb: Climb<T>, packages: Packages, installed: boolean | undefined): Promise<void> {
  const { ladder, reasons } = climb;
  while (!climb.outcome) {
    const rung = ladder.rungs[climb.at];
    if (!rung) return;
    const hasWaited = climb.wants.length > 0;
    climb.wants = [];
    const missing = rung.packages ? await packages.missing(await rung.packages()) : [];
    const refusal = missing.length > 0 ? packages.refusal() : undefined;
    if (missing.length > 0 && !refusal && !hasWaited) {
      climb.wants = missing;
      return;
    }
    const attempt: Attempt<T> =
      missing.length === 0
        ? await rung.attempt()
        : {
            not:
              refusal ??
              `apt-get did not install ${missing.join(' ')}${installed ? '' : ' (it failed, see above)'}`,
          };
    if ('found' in attempt) climb.outcome = { part: ladder.part, found: attempt.found, rung: rung.name };
    else reasons.push(`${rung.name}: ${attempt.not}`);
    climb.at += 1;
  }
}
