import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** What one round measured: ours and each baseline, in the bench's unit; more is better unless the notes say otherwise. */
type Round = { ours: number; baselines: Record<string, { value: number; against?: number }> };

/** A bench: `round` measures ours and every baseline once, interleaved. */
export type Bench = AsyncDisposable & {
  name: string;
  unit: string;
  /** Baseline → version. */
  versions: Record<string, string>;
  notes: string[];
  round(): Promise<Round>;
};

type Spread = { median: number; min: number; max: number };

export type BenchResult = {
  name: string;
  unit: string;
  ours: Spread;
  baselines: ({
    name: string;
    version: string;
    ratio: number;
    ratioMin: number;
    ratioMax: number;
  } & Spread)[];
  rounds: number;
  discarded: number;
  machine: string;
  notes: string[];
};

/**
 * Runs interleaved rounds after one that warms up and is discarded. A ratio is ours ÷ baseline within a round, told
 * as the median over rounds.
 */
export async function runBench(bench: Bench, rounds: number): Promise<BenchResult> {
  const discarded = 1;
  const measured: Round[] = [];
  for (let index = 0; index < rounds + discarded; index += 1) {
    const round = await bench.round();
    if (index >= discarded) measured.push(round);
    process.stderr.write(`${bench.name}: round ${index + 1} of ${rounds + discarded}\n`);
  }
  const baselines = Object.entries(bench.versions).map(([name, version]) => {
    const found = measured.flatMap(({ ours, baselines: all }) => {
      const one = all[name];
      return one ? [{ value: one.value, ratio: (one.against ?? ours) / one.value }] : [];
    });
    const ratios = spread(found.map(({ ratio }) => ratio));
    return {
      ...{ name, version },
      ...spread(found.map(({ value }) => value)),
      ...{ ratio: ratios.median, ratioMin: ratios.min, ratioMax: ratios.max },
    };
  });
  const { name, unit, notes } = bench;
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  return {
    name,
    unit,
    ours: spread(measured.map(({ ours }) => ours)),
    baselines,
    rounds,
    discarded,
    machine,
    notes,
  };
}

/** Prints a result for people, and writes it as JSON where a file is named. */
export function tellResult(result: BenchResult, file: string | undefined): void {
  const round = (value: number) => (value >= 100 ? Math.round(value) : Math.round(value * 100) / 100);
  console.log(`${result.name}: ours ${round(result.ours.median)} ${result.unit}`);
  for (const { name, version, median, ratio, ratioMin, ratioMax } of result.baselines)
    console.log(
      `  ${name} ${version}: ${round(median)} ${result.unit}; ours is ${round(ratio)}× (${round(ratioMin)}–${round(ratioMax)})`,
    );
  for (const note of result.notes) console.log(`  ${note}`);
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return {
    median: (upper + lower) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}
