import type { StreamId } from '#contract/ids.ts';

/** Something that runs on a stream's stage and is over with it. */
export interface StageAct {
  name: string;
  /** What ending the stream now would close, in keys of the message catalogue. */
  closing(streamId: StreamId): Promise<string[]>;
  /** Closes it for good; may be called more than once. */
  endOfStream(streamId: StreamId, at: Date): Promise<void>;
}
