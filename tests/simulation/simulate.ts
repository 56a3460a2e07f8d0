import { logger } from '#server/platform/logger.ts';
import { openShop } from './buyers.ts';
import { diceOf } from './dice.ts';
import { House } from './house.ts';
import { judge } from './judge.ts';
import { Scheduler } from './scheduler.ts';
import { weatherOf } from './weather.ts';

/** What came of one run: its faults, and what was done in it. */
export type Run = {
  seed: number;
  faults: string[];
  steps: number;
  orders: number;
  paid: number;
  history: string[];
};

/** Rounds of looking after all is quiet, and how long each waits before: every pause of the product's is in them. */
const restsMs = [9000, 6000, 31_000, 31_000, 70_000, 700_000, 3_700_000, 90_000_000, 31_000, 31_000];

/**
 * One run of the order path by a seed: buyers shop while processes die and messages are lost, then all is left to
 * settle, and the books are looked at. The same seed is the same run, step by step.
 */
export async function simulate(seed: number, { isTraced = false } = {}): Promise<Run> {
  const level = logger.level;
  logger.level = isTraced ? level : 'silent';
  const scheduler = new Scheduler(diceOf(seed), isTraced);
  const house = new House(scheduler, weatherOf(scheduler.dice));
  const faults: string[] = [];
  try {
    await through(scheduler, openShop(house));
    house.weather.calm();
    house.isClosing = true;
    for (const ms of restsMs) {
      await through(scheduler, scheduler.wait(ms, house.network));
      await through(scheduler, house.mend());
    }
    await scheduler.run(() => false);
    await through(scheduler, house.mend());
    faults.push(...(await judge(house)));
  } catch (fault) {
    faults.push(
      `I17 the run did not come to its end: ${fault instanceof Error ? fault.stack : String(fault)}`,
    );
  }
  logger.level = level;
  let paid = 0;
  for (const orderId of house.record.orderIds) if ((await house.record.orders.get(orderId))?.paid) paid += 1;
  const { steps, history } = scheduler;
  return { seed, faults, steps, orders: house.record.orderIds.size, paid, history: history ?? [] };
}

/** Runs until something is done. @throws what it throws, or an Error when it never is. */
async function through(scheduler: Scheduler, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = work.then(
    () => undefined,
    (fault: unknown) => ({ fault }),
  );
  void done.then(() => {
    isDone = true;
  });
  await scheduler.run(() => isDone);
  if (!isDone) throw new Error('everybody waits for something that never comes');
  const failed = await done;
  if (failed) throw failed.fault;
}
