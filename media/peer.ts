import type {
  Consumer,
  MediaKind,
  Producer,
  Router,
  RtpCapabilities,
  WebRtcTransport,
} from 'mediasoup/types';
import { accept, type Result, refuse } from '#contract/errors.ts';
import {
  ConsumerParameters,
  type DtlsParameters,
  type MediaRefusal,
  TransportParameters,
} from '#contract/media.ts';
import type { PooledWorker } from './worker-pool.ts';

/** What happens to a peer by itself. */
export type PeerEvents = {
  consumerClosed(consumer: Consumer): void;
  layerChanged(consumer: Consumer, spatialLayer: number | null): void;
  /** The send transport is gone, by the browser's or our doing. */
  publishingEnded(): void;
};

const firstBitrate = 1_000_000;

/** One viewing session in one room: at most one transport each way, and what it consumes. */
export class Peer implements Disposable {
  readonly sessionId: string;
  readonly #router: Router;
  readonly #worker: PooledWorker;
  readonly #events: PeerEvents;
  readonly #consuming = new Map<string, Promise<Consumer | undefined>>();
  readonly #connected = new WeakSet<WebRtcTransport>();
  readonly #consumers = new Map<string, Consumer>();
  #rtpCapabilities: RtpCapabilities | undefined;
  #recv: WebRtcTransport | undefined;
  #send: { transport: WebRtcTransport; fence: number } | undefined;

  constructor(sessionId: string, router: Router, worker: PooledWorker, events: PeerEvents) {
    this.sessionId = sessionId;
    this.#router = router;
    this.#worker = worker;
    this.#events = events;
  }

  get isViewing(): boolean {
    return this.#recv !== undefined;
  }

  get sending(): { transport: WebRtcTransport; fence: number } | undefined {
    return this.#send;
  }

  consumer(id: string): Consumer | undefined {
    return this.#consumers.get(id);
  }

  transport(id: string): WebRtcTransport | undefined {
    return [this.#recv, this.#send?.transport].find((transport) => transport?.id === id);
  }

  /** A fresh receive transport; the former one and its consumers end silently, since the browser asked. */
  async openRecv(rtpCapabilities: RtpCapabilities): Promise<TransportParameters> {
    this.#consuming.clear();
    this.#recv?.close();
    const transport = await this.#openTransport();
    this.#rtpCapabilities = rtpCapabilities;
    this.#recv = transport;
    transport.observer.once('close', () => {
      if (this.#recv === transport) this.#recv = undefined;
    });
    return describe(transport);
  }

  /** A fresh send transport under a fence; the former one ends with its producers. */
  async openSend(fence: number): Promise<TransportParameters> {
    const former = this.#send;
    const transport = await this.#openTransport();
    this.#send = { transport, fence };
    former?.transport.close();
    transport.observer.once('close', () => {
      if (this.#send?.transport !== transport) return;
      this.#send = undefined;
      this.#events.publishingEnded();
    });
    return describe(transport);
  }

  closeSend(): void {
    this.#send?.transport.close();
  }

  /** A paused consumer of the producer, the same one however often it is asked for; undefined if it cannot be played. */
  async consume(producer: Producer): Promise<ConsumerParameters | undefined> {
    const running = this.#consuming.get(producer.id);
    const started = running ?? this.#startConsuming(producer);
    if (running === undefined) {
      this.#consuming.set(producer.id, started);
      const forget = () => {
        if (this.#consuming.get(producer.id) === started) this.#consuming.delete(producer.id);
      };
      started.then((consumer) => consumer?.observer.once('close', forget) ?? forget(), forget);
    }
    const consumer = await started;
    return consumer && !consumer.closed ? describeConsumer(consumer) : undefined;
  }

  /** Hands the browser's DTLS parameters to the worker, once. */
  async connect(id: string, dtlsParameters: DtlsParameters): Promise<Result<void, MediaRefusal>> {
    const transport = this.transport(id);
    if (transport === undefined) return refuse('media-unknown');
    if (this.#connected.has(transport)) return refuse('conflict', 'the transport is connected already');
    this.#connected.add(transport);
    await transport.connect({ dtlsParameters });
    return accept(undefined);
  }

  /** Bits per second towards the browser at most, 0 for no limit; false when nothing goes there. */
  async limit(maxBitrate: number): Promise<boolean> {
    await this.#recv?.setMaxOutgoingBitrate(maxBitrate);
    return this.#recv !== undefined;
  }

  /** Everything consumed now, as the browser was or will be told. */
  listConsumers(): ConsumerParameters[] {
    return [...this.#consumers.values()].map(describeConsumer);
  }

  async #startConsuming(producer: Producer): Promise<Consumer | undefined> {
    const recv = this.#recv;
    const rtpCapabilities = this.#rtpCapabilities;
    if (recv === undefined || rtpCapabilities === undefined) return undefined;
    if (!this.#router.canConsume({ producerId: producer.id, rtpCapabilities })) return undefined;
    const consumer = await recv
      .consume({ producerId: producer.id, rtpCapabilities, paused: true })
      .catch((fault: unknown) => {
        if (recv.closed || producer.closed) return undefined;
        throw fault;
      });
    if (consumer === undefined) return undefined;
    this.#worker.consumers += 1;
    this.#consumers.set(consumer.id, consumer);
    consumer.on('layerschange', (layers) =>
      this.#events.layerChanged(consumer, layers?.spatialLayer ?? null),
    );
    consumer.on('producerclose', () => this.#events.consumerClosed(consumer));
    consumer.observer.once('close', () => {
      this.#worker.consumers -= 1;
      this.#consumers.delete(consumer.id);
    });
    return consumer;
  }

  async #openTransport(): Promise<WebRtcTransport> {
    const transport = await this.#router.createWebRtcTransport({
      webRtcServer: this.#worker.server,
      preferUdp: true,
      initialAvailableOutgoingBitrate: firstBitrate,
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'closed' || state === 'failed') transport.close();
    });
    return transport;
  }

  [Symbol.dispose](): void {
    this.#recv?.close();
    this.#send?.transport.close();
  }
}

/** As it will be on the wire: without the keys whose value is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** mediasoup's own objects hold more than the wire should; parsing keeps what the contract names. */
function describe(transport: WebRtcTransport): TransportParameters {
  const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
  return TransportParameters.parse(plain({ id, iceParameters, iceCandidates, dtlsParameters }));
}

function describeConsumer(consumer: Consumer): ConsumerParameters {
  const { id, producerId, rtpParameters } = consumer;
  const kind: MediaKind = consumer.kind;
  const layers = Number(/[LS](\d)/.exec(rtpParameters.encodings?.[0]?.scalabilityMode ?? '')?.[1] ?? 1);
  return ConsumerParameters.parse(plain({ id, producerId, kind, rtpParameters, layers }));
}
