import { AccountId } from '#contract/ids.ts';
import { composeSlices } from '#server/compose.ts';
import { logger } from '#server/platform/logger.ts';
import { signIns } from './demo/cast.ts';
import { seedShow } from './demo/seed.ts';
import { runningConfig } from './running.ts';

// npm run seed: the demo's people and shop in an installation that runs, without the show.
const { config, url } = runningConfig(process.argv.slice(2));
logger.level = 'warn';
if (!config.isDemo)
  throw new Error('the seed makes accounts with a known password: only where demo sign-ins are on');
await using slices = await composeSlices(config);
const { products } = await seedShow(url, async (accountId, role) => {
  await slices.identity.roles.grant(AccountId.parse(accountId), role);
});
console.log(`${products.length} products and ${signIns.length} accounts are in ${url}:`);
for (const { role, handle, password } of signIns)
  console.log(`  ${role.padEnd(10)} ${handle.padEnd(8)} ${password}`);
