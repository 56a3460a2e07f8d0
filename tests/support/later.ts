import { composeSlices } from '#server/compose.ts';
import type { Config } from '#server/config.ts';

/** The slices of an installation as a worker sees them for whom `ms` more have passed; its sweeps are the test's to call. */
export const later = (config: Config, ms: number) =>
  composeSlices(config, { clock: { now: () => Date.now() + ms, isTrusted: () => true } });
