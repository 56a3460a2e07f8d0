import { DropId } from '#contract/ids.ts';
import type { Claim } from '#server/drops/core/claim.ts';
import type { ArbiterReply, ClaimArbiter, OpenState } from '#server/drops/store.ts';

let count = 0;
/** A drop's id that no other test has. */
export const freshDrop = () => {
  count += 1;
  return DropId.parse(`drop_t${count}`);
};
export const hour = 3_600_000;

/** One viewer's claim. */
export const ask = (viewer: string, key = `key-${viewer}`, verdict: Claim['verdict'] = ''): Claim => ({
  viewer,
  key,
  verdict,
});

/** A drop that takes claims, open for an hour from now. */
export async function openDrop(arbiter: ClaimArbiter, stock: number, more: Partial<OpenState> = {}) {
  const now = await arbiter.now();
  const state = {
    ...{ dropId: freshDrop(), epoch: 1, rules: 1, perViewer: 1, left: stock },
    ...{ openedAt: now, closesAt: now + hour },
    ...more,
  };
  await arbiter.open(state);
  await arbiter.load(state.dropId, state.epoch, [], true);
  return state;
}

/** A reply that must be a decision. */
export function decided(reply: ArbiterReply) {
  if (reply.status !== 'decided') throw new Error(`not decided: ${reply.status}`);
  return reply;
}
export const outcomes = (reply: ArbiterReply) => decided(reply).answers.map(({ answer }) => answer.outcome);
