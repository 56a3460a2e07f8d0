import type { TestProject } from 'vitest/node';
import { type RunningMongo, startMongo } from '../../scripts/setup/mongo.ts';

// Each project loads this file anew, so what the whole run shares hangs on the process.
const shared: typeof globalThis & { dropcastTestMongo?: { server: Promise<RunningMongo>; users: number } } =
  globalThis;

/** Starts one MongoDB for the run, in memory, and lends its address to `openMongo`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.dropcastTestMongo ??= { server: startMongo({ data: 'memory', fsync: true }), users: 0 };
  const ours = shared.dropcastTestMongo;
  ours.users += 1;
  project.provide('mongoUri', (await ours.server).uri);
  return async () => {
    ours.users -= 1;
    if (ours.users > 0) return;
    delete shared.dropcastTestMongo;
    await (await ours.server)[Symbol.asyncDispose]();
  };
}
