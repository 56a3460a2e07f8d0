import { enterToolchain } from './toolchain.mjs';

await enterToolchain();
const { ensureMediaWorker } = await import('./media-worker.ts');
try {
  console.log((await ensureMediaWorker()).binary);
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault);
  process.exitCode = 1;
}
