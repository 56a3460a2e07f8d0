import { expect, test } from 'vitest';
import type { TestMoneyAsk, TestMoneyView } from '#contract/operations.ts';
import { ApiError } from '../../live/api.ts';
import { TestMoneyDesk } from './test-money.svelte.ts';

const viewOf = (...ids: string[]): TestMoneyView => ({
  isSimulated: true,
  faults: [],
  entries: ids.map((id) => ({
    id,
    at: '2026-01-01T00:00:00.000Z',
    status: 'waiting',
    about: 'charge.succeeded',
    amount: null,
    deliveries: [],
    can: [],
  })),
});
const nothing = async () => {};
const idsOf = (desk: TestMoneyDesk) => desk.view?.entries.map(({ id }) => id);

test('[M-O7] an answer for what was searched before never covers what is searched now', async () => {
  const answers: Record<string, PromiseWithResolvers<TestMoneyView>> = {};
  const look = (_kind: string, search: string) => {
    const waiting = Promise.withResolvers<TestMoneyView>();
    answers[search] = waiting;
    return waiting.promise;
  };
  const desk = new TestMoneyDesk({ look, act: nothing, arm: nothing, disarm: nothing });
  const looks = [desk.show({ search: 'a' }), desk.show({ search: 'ab' })];
  answers.ab?.resolve(viewOf('evt_new'));
  answers.a?.resolve(viewOf('evt_old'));
  await Promise.all(looks);
  expect(idsOf(desk)).toEqual(['evt_new']);
});

test('[M-O7] an answer that comes after a later one to the same question is old, and a slow one still counts', async () => {
  const answers: PromiseWithResolvers<TestMoneyView>[] = [];
  const look = () => {
    const waiting = Promise.withResolvers<TestMoneyView>();
    answers.push(waiting);
    return waiting.promise;
  };
  const desk = new TestMoneyDesk({ look, act: nothing, arm: nothing, disarm: nothing });
  const looks = [desk.look(), desk.look(), desk.look()];
  answers[0]?.resolve(viewOf('evt_first'));
  await looks[0];
  expect(idsOf(desk)).toEqual(['evt_first']);
  answers[2]?.resolve(viewOf('evt_third'));
  await looks[2];
  answers[1]?.resolve(viewOf('evt_second'));
  await looks[1];
  expect(idsOf(desk)).toEqual(['evt_third']);
});

test('[M-O7] an act is followed by a look, and a refusal is told and changes nothing', async () => {
  const asked: TestMoneyAsk[] = [];
  const desk = new TestMoneyDesk({
    look: async () => viewOf(`evt_${asked.length}`),
    async act(ask) {
      asked.push(ask);
      if (ask.act !== 'lose') return;
      throw new ApiError({ type: 'about:blank', title: '', status: 409, code: 'conflict' });
    },
    arm: nothing,
    disarm: nothing,
  });
  const ask = { target: 'evt_1', seconds: 5 };
  expect(await desk.act({ act: 'replay', ...ask })).toBeUndefined();
  expect(idsOf(desk)).toEqual(['evt_1']);
  expect(await desk.act({ act: 'lose', ...ask })).toBe('conflict');
  expect([idsOf(desk), desk.isBusy]).toEqual([['evt_2'], false]);
});

test('a server that does not answer leaves what was seen last, and says so', async () => {
  let isAway = false;
  const look = async () => {
    if (isAway) throw new TypeError('no connection');
    return viewOf('evt_1');
  };
  const desk = new TestMoneyDesk({ look, act: nothing, arm: nothing, disarm: nothing });
  await desk.look();
  isAway = true;
  await desk.look();
  expect([idsOf(desk), desk.trouble]).toEqual([['evt_1'], 'unavailable']);
  isAway = false;
  await desk.look();
  expect(desk.trouble).toBeUndefined();
  await desk.show({ kind: 'refunds' });
  expect(desk.kind).toBe('refunds');
});
