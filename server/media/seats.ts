import type { ControlEvent, Seat } from '#contract/internal/control.ts';

/** Tells one socket. */
export type Tell = (t: string, d: unknown) => void;

type Sitting = { seat: Seat; viewingSessionId: string; tell: Tell };

const keyOf = ({ roomId, sessionId }: Seat): string => `${roomId}\n${sessionId}`;

/** Who of this process's sockets sits where in rooms' media. A seat is held by the socket that took it last. */
export class SeatBook {
  readonly #byVisit = new Map<string, Sitting>();
  readonly #bySeat = new Map<string, Sitting>();

  /** The visit sits here from now on; whoever sat here before does not. */
  take(seat: Seat, viewingSessionId: string, tell: Tell): void {
    this.leave(viewingSessionId);
    const former = this.#bySeat.get(keyOf(seat));
    if (former !== undefined) this.#byVisit.delete(former.viewingSessionId);
    const sitting = { seat, viewingSessionId, tell };
    this.#byVisit.set(viewingSessionId, sitting);
    this.#bySeat.set(keyOf(seat), sitting);
  }

  seatOf(viewingSessionId: string): Seat | undefined {
    return this.#byVisit.get(viewingSessionId)?.seat;
  }

  /** The seat the visit gives up, undefined when it had none or another visit took it over. */
  leave(viewingSessionId: string): Seat | undefined {
    const sitting = this.#byVisit.get(viewingSessionId);
    if (sitting === undefined) return undefined;
    this.#byVisit.delete(viewingSessionId);
    this.#bySeat.delete(keyOf(sitting.seat));
    return sitting.seat;
  }

  /** Carries what a node tells to the sockets it concerns, in the words of the contract. */
  hear(event: ControlEvent): void {
    switch (event.t) {
      case 'room.reset':
        for (const { seat, tell } of this.#bySeat.values())
          if (seat.roomId === event.roomId) tell('media.reset', { epoch: event.epoch });
        return;
      case 'consumer.opened':
        this.#tell(event, 'media.producer-opened', { consumer: event.consumer });
        return;
      case 'consumer.closed': {
        const { consumerId, producerId } = event;
        this.#tell(event, 'media.producer-closed', { consumerId, producerId });
        return;
      }
      case 'consumer.layer': {
        const { consumerId, spatialLayer } = event;
        this.#tell(event, 'media.layer-changed', { consumerId, spatialLayer });
        return;
      }
      case 'publication.replaced':
        this.#tell(event, 'media.publication-replaced', {});
        return;
      case 'node.hello':
      case 'producer.opened':
      case 'producer.closed':
        return;
    }
  }

  #tell(seat: Seat, t: string, d: unknown): void {
    this.#bySeat.get(keyOf(seat))?.tell(t, d);
  }
}
