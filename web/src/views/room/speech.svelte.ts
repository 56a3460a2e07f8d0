import type { DropsController } from '../../features/drops/drops.svelte.ts';
import type { RoomController } from '../../features/rooms/room.svelte.ts';
import { money, wordsFor } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';
import type { Announcer } from '../../ui/announcer.svelte.ts';
import type { ServerClock } from '../../ui/server-clock.svelte.ts';

const spokenAtS = [60, 30, 10];

/** Says through the page's live regions what the eye sees happen in a room. Call while a component is being made. */
export function speakForRoom(
  room: RoomController,
  drops: DropsController,
  { announcer, clock }: { announcer: Announcer; clock: ServerClock },
): void {
  const pinnedTitle = $derived(room.pinned?.product.title);
  const openDrop = $derived(drops.drop?.state === 'open' ? drops.drop.dropId : undefined);
  const secondsLeft = $derived(
    drops.drop?.state === 'open' && drops.drop.closesAt
      ? Math.ceil((Date.parse(drops.drop.closesAt) - clock.now) / 1000)
      : undefined,
  );
  const outcome = $derived(drops.answer?.outcome);
  let knownPin = $state.raw<string>();
  let knownDrop = $state.raw<string>();

  $effect(() => {
    if (pinnedTitle !== undefined && knownPin !== undefined && pinnedTitle !== knownPin)
      announcer.say(m.pinned_said({ title: pinnedTitle }));
    knownPin = pinnedTitle ?? '';
  });
  $effect(() => {
    const { drop } = drops;
    if (openDrop !== undefined && openDrop !== knownDrop && drop)
      announcer.say(m.drop_opened_said({ amount: money(drop.coupon.amountOff), left: drop.left }));
    else if (openDrop === undefined && knownDrop !== undefined && outcome === undefined)
      announcer.say(m.drop_closed_said());
    knownDrop = openDrop;
  });
  $effect(() => {
    if (secondsLeft !== undefined && spokenAtS.includes(secondsLeft))
      announcer.say(m.seconds_left_said({ seconds: secondsLeft }));
  });
  $effect(() => {
    if (outcome === 'granted')
      announcer.answer(
        m.claim_granted_said({ amount: drops.drop ? money(drops.drop.coupon.amountOff) : '' }),
      );
    else if (outcome === 'sold-out') announcer.answer(m.claim_gone_said());
    else if (outcome !== undefined) announcer.answer(wordsFor(outcome));
    else if (drops.refusal) announcer.answer(wordsFor(drops.refusal));
  });
}
