import { enterToolchain } from './setup/toolchain.mjs';

await enterToolchain();
const { doctor } = await import('./doctor.ts');
process.exit(await doctor());
