import { z } from 'zod';
import { DropView } from '#contract/drops.ts';
import { HomeStreams } from '#contract/rooms.ts';
import { call } from '../live/api.ts';

const refreshMs = 15_000;

/** What the home page shows, read anew every 15 s while somebody looks. */
export class HomeFeed {
  streams = $state.raw<z.infer<typeof HomeStreams>>();
  /** The drop that is open in the first room. */
  drop = $state.raw<DropView>();
  fault = $state.raw<unknown>();

  start(): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.load();
    }, refreshMs);
    return () => clearInterval(timer);
  }

  async load(): Promise<void> {
    try {
      this.streams = await call('GET', '/streams', HomeStreams);
      this.fault = undefined;
      const [first] = this.streams.live;
      const drops = first
        ? await call('GET', `/streams/${first.streamId}/drops`, z.object({ drops: z.array(DropView) }))
        : undefined;
      this.drop = drops?.drops.find(({ state }) => state === 'open');
    } catch (fault) {
      // What stands stays: an old page is better than none.
      if (this.streams === undefined) this.fault = fault;
    }
  }
}
