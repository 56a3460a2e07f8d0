import { expect } from 'vitest';
import type { StreamId } from '#contract/ids.ts';
import type { LiveClient } from '../../../scripts/clients/live-client.ts';
import { eventually } from '../../support/installation.ts';
import { framesIn, type Seat, watchEnter, watchFor, whenEntered, whenSeen } from '../../support/show.ts';

type Room = {
  streamId: StreamId;
  control: Seat;
  seats: readonly [Seat, Seat, Seat];
  /** V4 and those after. */
  sockets: readonly LiveClient[];
};

/** Step 4, thin: viewer and host talk, each way under a second; then everybody at once, in one order on all screens. */
export async function talk({ streamId, control, seats, sockets }: Room): Promise<void> {
  const [first, second, third] = seats;
  const audience = [control, second, third];
  for (const seat of audience) await watchFor(seat, 'Is it dishwasher safe?');
  const field = first.page.getByRole('textbox', { name: 'Say something' });
  await field.fill('Is it dishwasher safe?');
  await watchEnter(first);
  await field.press('Enter');
  const asked = await whenEntered(first);
  for (const seat of audience)
    expect((await whenSeen(seat, 'Is it dishwasher safe?')) - asked).toBeLessThan(1000);
  const heard = () => sockets.every((one) => one.heard('danmaku.posted').length > 0);
  await eventually(heard, 'every socket heard the line');

  await watchFor(first, 'By hand it keeps its glaze');
  const answer = control.page.getByRole('textbox', { name: 'Say something' });
  await answer.fill('By hand it keeps its glaze');
  await watchEnter(control);
  await answer.press('Enter');
  const answered = await whenEntered(control);
  expect((await whenSeen(first, 'By hand it keeps its glaze')) - answered).toBeLessThan(1000);

  // Everybody talks: one order on all screens, and the picture goes on under the flying lines. How many frames that
  // costs is for a bench: four browsers on two cores say nothing of it.
  const talking = Promise.all(
    sockets
      .slice(0, 16)
      .flatMap((socket, at) =>
        [1, 2, 3].map((round) =>
          socket.ask('danmaku.post', { text: `line ${round} of v${at + 4}` }, streamId),
        ),
      ),
  );
  expect(await framesIn(second, 2000)).toBeGreaterThan(4);
  expect((await talking).filter(({ ok }) => !ok)).toEqual([]);
  const linesAt = ({ page }: Seat) => page.getByRole('log').first().locator('li').allTextContents();
  for (const seat of seats)
    await eventually(async () => (await linesAt(seat)).length === 50, `${seat.name} has all lines`);
  const [atFirst, atSecond, atThird] = await Promise.all(seats.map(linesAt));
  // The writer of a line reads "You".
  expect(atFirst?.slice(1)).toEqual(atSecond?.slice(1));
  expect(atSecond).toEqual(atThird);
}
