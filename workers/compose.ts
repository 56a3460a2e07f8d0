import { composeSlices, type Overrides } from '#server/compose.ts';
import type { Config } from '#server/config.ts';
import { beatAs } from '#server/platform/beats.ts';
import { closeRedis, openPatientRedis } from '#server/platform/redis.ts';
import { checkoutWork } from './checkout.ts';
import { dropWork } from './drops.ts';
import { paymentWork } from './payments.ts';
import { sweep } from './sweep.ts';

/** Everything that is timed or was left undone, at work until disposed: workers stop first, then the stores. */
export async function composeWorkers(
  config: Config,
  overrides: Overrides = {},
): Promise<AsyncDisposable & { count: number }> {
  await using opening = new AsyncDisposableStack();
  const slices = opening.use(await composeSlices(config, overrides));
  const { clock, outbox, redis } = slices;
  opening.use(beatAs(redis, clock, 'workers', String(process.pid)));

  const connection = opening.adopt(openPatientRedis(config.redisUrl, 'jobs'), closeRedis);
  const atWork: AsyncDisposable[] = [
    sweep(clock, 'outboxes', 1000, () => outbox.sweep()),
    ...paymentWork({ ...slices, connection }),
    ...checkoutWork({ ...slices, connection }),
    ...dropWork({ ...slices, connection }),
    sweep(clock, 'stock repair', 3000, () => slices.catalog.sweep()),
    sweep(clock, 'danmaku archive', 500, () => slices.danmaku.archive()),
    sweep(clock, 'login sessions', 3_600_000, () => slices.identity.sweep()),
  ];
  for (const one of atWork) opening.use(one);

  const open = opening.move();
  return { count: atWork.length, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
