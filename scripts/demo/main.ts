import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AccountId } from '#contract/ids.ts';
import { composeSlices } from '#server/compose.ts';
import { readConfig } from '#server/config.ts';
import { stopSignal } from '#server/platform/lifetime.ts';
import { logger } from '#server/platform/logger.ts';
import { Broadcast } from './broadcast.ts';
import { signIns } from './cast.ts';
import { gatherCrowd } from './crowd.ts';
import { direct } from './director.ts';
import { openStream, planStreams, seedShow } from './seed.ts';

/**
 * The demo show: a seeded shop, a generated picture on air, viewers who talk, a pinned product and a drop every few
 * minutes. After a restart it goes on in the same stream.
 */
const config = readConfig();
logger.level = 'warn';
const address = process.env.DEMO_URL ?? config.http.publicUrl;

await untilReady(`${address}/livez`);
mkdirSync(config.dataDir, { recursive: true });
const list = join(config.dataDir, 'sign-ins.json');
writeFileSync(`${list}.new`, `${JSON.stringify(signIns, null, 2)}\n`);
renameSync(`${list}.new`, list);

const show = await withRoles((grant) => seedShow(address, grant));
const streamId = await openStream(show);
await planStreams(show);
await using showing = new AsyncDisposableStack();
const { ffmpegBin } = config.media;
const broadcast = showing.use(
  new Broadcast({ operator: show.cast.Olga, streamId, ffmpegBin, dataDir: config.dataDir }),
);
broadcast.start();
showing.use(direct(show, streamId));
const { simulatorUrl: apiUrl, secretKey } = config.payments;
showing.use(await gatherCrowd(address, streamId, apiUrl ? { apiUrl, secretKey } : undefined));
console.log(`READY demo ${config.http.publicUrl}/r/${streamId}`);
await stopSignal();

async function withRoles(work: (grant: Parameters<typeof seedShow>[1]) => ReturnType<typeof seedShow>) {
  await using slices = await composeSlices(config);
  return await work(async (accountId, role) => {
    await slices.identity.roles.grant(AccountId.parse(accountId), role);
  });
}

async function untilReady(probe: string): Promise<void> {
  for (let tries = 0; tries < 240; tries += 1) {
    const isUp = await fetch(probe).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await wait(250);
  }
  throw new Error(`${probe} did not answer for a minute`);
}
