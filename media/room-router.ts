import { randomInt } from 'node:crypto';
import type { Consumer, Producer, Router, RtpCapabilities, RtpParameters } from 'mediasoup/types';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { ControlEvent, ControlReply, Ingest } from '#contract/internal/control.ts';
import {
  ConsumerId,
  type ConsumerParameters,
  type MediaKind,
  type MediaRefusal,
  ProducerId,
  type TransportParameters,
} from '#contract/media.ts';
import { mediaCodecs } from './codecs.ts';
import { IngestPoint } from './ingest.ts';
import { reportLayers } from './layers.ts';
import { Peer } from './peer.ts';
import type { PooledWorker, WorkerPool } from './worker-pool.ts';

/** What is on air in a room. The fence says who may: a publication with a larger one takes over. */
type Publication = {
  sessionId: string;
  fence: number;
  producers: Map<string, Producer>;
  end(): void;
};

type Tell = (event: ControlEvent) => void;

/** One room on one router: its peers, its one publication. It ends with its worker. */
export class RoomRouter implements Disposable {
  readonly roomId: string;
  /** Grows with every router the room gets. */
  readonly epoch: number;
  readonly #router: Router;
  readonly #worker: PooledWorker;
  readonly #tell: Tell;
  readonly #peers = new Map<string, Peer>();
  #publication: Publication | undefined;
  #fence = 0;

  static async create(
    roomId: string,
    { epoch, pool, tell, onLost }: { epoch: number; pool: WorkerPool; tell: Tell; onLost(): void },
  ): Promise<RoomRouter> {
    const worker = await pool.take();
    const router = await worker.worker.createRouter({ mediaCodecs });
    router.observer.once('close', () => {
      worker.routers -= 1;
    });
    router.once('workerclose', onLost);
    return new RoomRouter(roomId, epoch, router, worker, tell);
  }

  private constructor(roomId: string, epoch: number, router: Router, worker: PooledWorker, tell: Tell) {
    this.roomId = roomId;
    this.epoch = epoch;
    this.#router = router;
    this.#worker = worker;
    this.#tell = tell;
  }

  get isEmpty(): boolean {
    return this.#peers.size === 0 && this.#publication === undefined;
  }

  get isOver(): boolean {
    return this.#router.closed;
  }

  get workerPid(): number {
    return this.#worker.worker.pid;
  }

  peer(sessionId: string): Peer | undefined {
    return this.#peers.get(sessionId);
  }

  /** Seats a viewer: a receive transport, and a paused consumer for each track on air. */
  async join(
    sessionId: string,
    rtpCapabilities: RtpCapabilities,
  ): Promise<{ recv: TransportParameters; consumers: ConsumerParameters[] }> {
    const peer = this.#seat(sessionId);
    const recv = await peer.openRecv(rtpCapabilities);
    const producers = [...(this.#publication?.producers.values() ?? [])];
    const consumers = await Promise.all(producers.map((producer) => peer.consume(producer)));
    return { recv, consumers: consumers.filter((consumer) => consumer !== undefined) };
  }

  leave(sessionId: string): void {
    this.#peers.get(sessionId)?.[Symbol.dispose]();
    this.#peers.delete(sessionId);
  }

  /** A send transport. What is on air stays until the first producer on the new one. */
  async openPublication(
    sessionId: string,
    fence: number,
  ): Promise<Result<TransportParameters, MediaRefusal>> {
    if (fence <= this.#fence) return refuse('conflict', 'a later publication holds the room');
    this.#fence = fence;
    return accept(await this.#seat(sessionId).openSend(fence));
  }

  async produce(
    sessionId: string,
    transportId: string,
    kind: MediaKind,
    rtpParameters: RtpParameters,
  ): Promise<Result<ProducerId, MediaRefusal>> {
    const peer = this.#peers.get(sessionId);
    const sending = peer?.sending;
    if (peer === undefined || sending?.transport.id !== transportId) return refuse('media-unknown');
    if (sending.fence !== this.#fence) return refuse('conflict', 'a later publication holds the room');
    if (!rtpParameters.codecs.every(({ mimeType }) => mimeType.toLowerCase().startsWith(`${kind}/`)))
      return refuse('invalid-request', 'the codecs are of another kind');
    let producer: Producer;
    try {
      producer = await sending.transport.produce({ kind, rtpParameters });
    } catch (fault) {
      if (!(fault instanceof Error)) throw fault;
      return sending.transport.closed
        ? refuse('media-unknown')
        : refuse('invalid-request', fault.message.slice(0, 200));
    }
    // A takeover may have happened while the worker was at it.
    if (sending.fence !== this.#fence) {
      producer.close();
      return refuse('conflict', 'a later publication holds the room');
    }
    const publication = this.#takeOver(sessionId, sending.fence, () => peer.closeSend());
    await this.#putOnAir(publication, producer);
    return accept(ProducerId.parse(producer.id));
  }

  /** Ends one track of a session's publication, or all of it. */
  closePublication(sessionId: string, producerId?: string): void {
    if (producerId === undefined) {
      this.#peers.get(sessionId)?.closeSend();
      if (this.#publication?.sessionId === sessionId) this.#endPublication();
      return;
    }
    if (this.#publication?.sessionId === sessionId) this.#publication.producers.get(producerId)?.close();
  }

  /** Opens the door for an encoder's plain RTP; it is on air at once. */
  async openIngest(sessionId: string, fence: number): Promise<Result<Ingest, MediaRefusal>> {
    if (fence <= this.#fence) return refuse('conflict', 'a later publication holds the room');
    this.#fence = fence;
    const point = await IngestPoint.create(this.#router, {
      sessionId,
      fence,
      ssrc: randomInt(0x1000_0000, 0x7fff_fffe),
    });
    if (fence !== this.#fence) {
      point[Symbol.dispose]();
      return refuse('conflict', 'a later publication holds the room');
    }
    const publication = this.#takeOver(sessionId, fence, () => point[Symbol.dispose]());
    for (const producer of point.producers) await this.#putOnAir(publication, producer);
    return accept(point.address);
  }

  async stats(): Promise<ControlReply<'room.stats'>> {
    const { sessionId = '', producers } = this.#publication ?? {};
    const reports = [...(producers?.values() ?? [])].map(async (producer) => ({
      producerId: ProducerId.parse(producer.id),
      sessionId,
      kind: producer.kind,
      layers: reportLayers(
        producer.rtpParameters.encodings ?? [],
        producer.score,
        await producer.getStats().catch(() => []),
      ),
    }));
    return { epoch: this.epoch, peers: this.#peers.size, producers: await Promise.all(reports) };
  }

  #seat(sessionId: string): Peer {
    const seated = this.#peers.get(sessionId);
    if (seated !== undefined) return seated;
    const peer = new Peer(sessionId, this.#router, this.#worker, {
      consumerClosed: (consumer) => this.#tellPeer(sessionId, 'consumer.closed', consumer),
      layerChanged: (consumer, spatialLayer) =>
        this.#tell({
          t: 'consumer.layer',
          roomId: this.roomId,
          sessionId,
          consumerId: ConsumerId.parse(consumer.id),
          spatialLayer,
        }),
      publishingEnded: () => {
        if (this.#publication?.sessionId === sessionId) this.#endPublication();
      },
    });
    this.#peers.set(sessionId, peer);
    return peer;
  }

  /** The publication of this fence, ending whichever held the room before. */
  #takeOver(sessionId: string, fence: number, end: () => void): Publication {
    if (this.#publication?.fence === fence) return this.#publication;
    const former = this.#publication;
    this.#publication = { sessionId, fence, producers: new Map(), end };
    if (former !== undefined) {
      if (former.sessionId !== sessionId) {
        this.#tell({ t: 'publication.replaced', roomId: this.roomId, sessionId: former.sessionId });
        former.end();
      }
      for (const producer of former.producers.values()) producer.close();
    }
    return this.#publication;
  }

  #endPublication(): void {
    const ended = this.#publication;
    this.#publication = undefined;
    ended?.end();
    for (const producer of ended?.producers.values() ?? []) producer.close();
  }

  async #putOnAir(publication: Publication, producer: Producer): Promise<void> {
    const about = {
      roomId: this.roomId,
      producerId: ProducerId.parse(producer.id),
      kind: producer.kind,
    };
    publication.producers.set(producer.id, producer);
    producer.observer.once('close', () => {
      publication.producers.delete(producer.id);
      if (!this.isOver) this.#tell({ t: 'producer.closed', ...about });
    });
    this.#tell({ t: 'producer.opened', ...about });
    const viewers = [...this.#peers.values()].filter((peer) => peer.isViewing);
    await Promise.all(
      viewers.map(async (peer) => {
        const consumer = await peer.consume(producer);
        if (consumer === undefined) return;
        this.#tell({ t: 'consumer.opened', roomId: this.roomId, sessionId: peer.sessionId, consumer });
      }),
    );
  }

  #tellPeer(sessionId: string, t: 'consumer.closed', consumer: Consumer): void {
    this.#tell({
      t,
      roomId: this.roomId,
      sessionId,
      consumerId: ConsumerId.parse(consumer.id),
      producerId: ProducerId.parse(consumer.producerId),
    });
  }

  [Symbol.dispose](): void {
    this.#router.close();
  }
}
