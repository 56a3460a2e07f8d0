import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { DemoSignIn } from '#contract/identity.ts';

/** The sign-ins that the seed of the demo show wrote down; refused everywhere else. */
export async function readDemoSignIns(config: {
  isDemo: boolean;
  dataDir: string;
}): Promise<Result<{ signIns: DemoSignIn[] }, 'demo-disabled'>> {
  if (!config.isDemo) return refuse('demo-disabled');
  try {
    const text = await readFile(join(config.dataDir, 'sign-ins.json'), 'utf8');
    return accept({ signIns: z.array(DemoSignIn).parse(JSON.parse(text)) });
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return accept({ signIns: [] });
    throw fault;
  }
}
