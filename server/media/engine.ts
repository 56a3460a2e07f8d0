import type { Result } from '#contract/errors.ts';
import type { ControlEvent, ControlName, ControlReply, ControlRequest } from '#contract/internal/control.ts';
import type { MediaRefusal } from '#contract/media.ts';

/** The SFU as the server sees it, on however many nodes it runs. */
export interface MediaEngine extends AsyncDisposable {
  /**
   * Asks the node of the room. `media-unavailable` when no node lives or its link broke under the question: the same
   * question may be put again. Throws when a node fails.
   */
  ask<Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
  ): Promise<Result<ControlReply<Name>, MediaRefusal>>;
  /** Hears every event of rooms this engine has asked about, until the returned function is called. */
  listen(hear: (event: ControlEvent) => void): () => void;
}
