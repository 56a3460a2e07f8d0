import type { Consumer, Transport } from 'mediasoup-client/types';
import {
  ConsumerId,
  type ConsumerParameters,
  type PeerKey,
  RtpCapabilities,
  TransportId,
} from '#contract/media.ts';
import { loadDevice, recallDevice } from './device.ts';
import { ask, hear, type MediaSignal, newPeerKey, plain } from './signal.ts';
import { linesOf, Rates, readViewing, type ViewingStats } from './stats.ts';
import { mayJoinAgainInMs, nextRemedy, type Remedy } from './watchdog.ts';

/** `waiting`: connected, and nothing is on air. */
export type ViewingState = 'idle' | 'connecting' | 'waiting' | 'playing' | 'reconnecting' | 'failed';

type Options = { peerKey?: PeerKey };

const tickMs = 500;
const resetJitterMs = 500;

/** One viewer's way to a room's video: joins in one reply, watches the picture, and brings it back when it stops. */
export class Subscriber {
  state = $state<ViewingState>('idle');
  /** What plays now; a new object whenever a track comes or goes. */
  stream = $state.raw<MediaStream | undefined>();
  stats = $state.raw<ViewingStats | undefined>();
  /** The layer the router sends, 0 the lowest; undefined without simulcast or before the first. */
  layer = $state<number | undefined>();
  /** How many layers there are to choose from. */
  layers = $state(1);
  readonly #signal: MediaSignal;
  readonly #peerKey: PeerKey;
  readonly #consumers = new Map<string, Consumer>();
  readonly #unresumed = new Set<ConsumerId>();
  readonly #failedJoinsAt: number[] = [];
  #early: ConsumerParameters[] = [];
  #transport: Transport | undefined;
  /** Each join outdates what the one before is still waiting for. */
  #generation = 0;
  #epoch = 0;
  #rates = new Rates();
  #frames = 0;
  #silentSince = 0;
  #tried: Remedy | undefined;
  #isLooking = false;
  #deafen: (() => void)[] = [];
  #ticker: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: MediaSignal, { peerKey = newPeerKey() }: Options = {}) {
    this.#signal = signal;
    this.#peerKey = peerKey;
  }

  start(): void {
    if (this.state !== 'idle') return;
    this.state = 'connecting';
    const online = () => void this.#restartIce();
    addEventListener('online', online);
    this.#deafen = [
      () => removeEventListener('online', online),
      hear(this.#signal, 'media.producer-opened', ({ consumer }) => void this.#add(consumer)),
      hear(this.#signal, 'media.producer-closed', ({ consumerId }) => this.#remove(consumerId)),
      hear(this.#signal, 'media.reset', () => {
        this.#lose();
        this.#joinIn(Math.random() * resetJitterMs);
      }),
      hear(this.#signal, 'media.layer-changed', ({ spatialLayer }) => {
        this.layer = spatialLayer ?? undefined;
      }),
      this.#signal.onReturn(() => void this.#adopt()),
    ];
    this.#ticker = setInterval(() => void this.#look(), tickMs);
    void this.#join();
  }

  stop(): void {
    for (const deafen of this.#deafen) deafen();
    this.#deafen = [];
    clearInterval(this.#ticker);
    clearTimeout(this.#later);
    this.#lose();
    this.stream = undefined;
    this.state = 'idle';
  }

  /** Asks for at most this layer; the link may still carry a lower one. */
  async preferLayer(spatialLayer: number): Promise<void> {
    const video = this.#video;
    if (video === undefined) return;
    await ask(this.#signal, 'media.layers', { consumerId: consumerId(video), spatialLayer });
  }

  get #video(): Consumer | undefined {
    return [...this.#consumers.values()].find(({ kind }) => kind === 'video');
  }

  async #join(): Promise<void> {
    this.#lose();
    const generation = this.#generation;
    try {
      let loaded = await recallDevice();
      let joined = await this.#askToJoin(loaded);
      if (joined.caps !== undefined) {
        loaded = await loadDevice(joined.caps);
        joined = await this.#askToJoin(loaded);
      }
      if (generation !== this.#generation) return;
      if (loaded === undefined || joined.recv === undefined) throw new Error('the join has no transport');
      this.#open(loaded.device.createRecvTransport(joined.recv));
      const early = this.#early;
      this.#early = [];
      const consumers = [...joined.consumers, ...early];
      await Promise.all(consumers.map((consumer) => this.#add(consumer)));
      if (generation === this.#generation && this.#consumers.size === 0) this.state = 'waiting';
      this.#failedJoinsAt.length = 0;
      this.#epoch = joined.epoch;
    } catch {
      if (generation === this.#generation) this.#fail();
    }
  }

  #askToJoin(loaded: Awaited<ReturnType<typeof recallDevice>>) {
    return ask(this.#signal, 'media.join', {
      peerKey: this.#peerKey,
      ...(loaded && {
        capsHash: loaded.hash,
        rtpCapabilities: RtpCapabilities.parse(plain(loaded.device.recvRtpCapabilities)),
      }),
    });
  }

  /** `connect` starts ICE and DTLS, and resumes what waits in the same message. */
  #open(transport: Transport): void {
    this.#transport = transport;
    this.#silentSince = performance.now();
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      const resume = [...this.#unresumed];
      this.#unresumed.clear();
      ask(this.#signal, 'media.connect', {
        transportId: transportId(transport),
        dtlsParameters,
        resume,
      }).then(() => done(), failed);
    });
    transport.on('connectionstatechange', () => void this.#look());
  }

  async #add(parameters: ConsumerParameters): Promise<void> {
    const transport = this.#transport;
    if (transport === undefined) {
      this.#early.push(parameters);
      return;
    }
    const { id, producerId, kind, rtpParameters, layers } = parameters;
    if (this.#consumers.has(id) || this.#unresumed.has(id)) return;
    this.#unresumed.add(id);
    try {
      const consumer = await transport.consume({ id, producerId, kind, rtpParameters });
      if (transport !== this.#transport) {
        consumer.close();
        return;
      }
      this.#consumers.set(id, consumer);
      if (kind === 'video') {
        this.layers = layers;
        this.#rates = new Rates();
        this.#frames = 0;
        this.#silentSince = performance.now();
      }
      this.#show();
      if (this.#unresumed.delete(id)) await ask(this.#signal, 'media.resume', { consumerIds: [id] });
    } catch {
      this.#unresumed.delete(id);
      if (transport === this.#transport) this.#fail();
    }
  }

  #remove(id: string): void {
    this.#early = this.#early.filter((parameters) => parameters.id !== id);
    const consumer = this.#consumers.get(id);
    if (consumer === undefined) return;
    consumer.close();
    this.#consumers.delete(id);
    this.#show();
    if (this.#video === undefined) this.state = 'waiting';
  }

  #show(): void {
    const tracks = [...this.#consumers.values()].map(({ track }) => track);
    this.stream = tracks.length > 0 ? new MediaStream(tracks) : undefined;
  }

  /** Lets everything go; the last picture stays until there is a new one. */
  #lose(): void {
    this.#generation += 1;
    clearTimeout(this.#later);
    this.#transport?.close();
    this.#transport = undefined;
    this.#consumers.clear();
    this.#unresumed.clear();
    this.#early = [];
    this.#tried = undefined;
    this.layer = undefined;
    if (this.state === 'playing') this.state = 'reconnecting';
  }

  #fail(): void {
    this.#lose();
    const now = performance.now();
    this.#failedJoinsAt.push(now);
    const waitMs = mayJoinAgainInMs(this.#failedJoinsAt, now);
    this.state = waitMs >= 30_000 ? 'failed' : 'reconnecting';
    this.#joinIn(waitMs);
  }

  #joinIn(waitMs: number): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#join(), waitMs);
  }

  /** After a cut socket: the packets may never have stopped, so the transports are kept where the node still has them. */
  async #adopt(): Promise<void> {
    const generation = this.#generation;
    if (this.#transport === undefined) return this.#join();
    try {
      const { epoch, consumers } = await ask(this.#signal, 'media.adopt', { peerKey: this.#peerKey });
      if (generation !== this.#generation) return;
      if (epoch !== this.#epoch) return await this.#join();
      const present = new Set<string>(consumers.map(({ id }) => id));
      for (const id of [...this.#consumers.keys()]) if (!present.has(id)) this.#remove(id);
      await Promise.all(consumers.map((consumer) => this.#add(consumer)));
    } catch {
      if (generation === this.#generation) await this.#join();
    }
  }

  async #restartIce(): Promise<void> {
    const transport = this.#transport;
    if (transport === undefined) return;
    await ask(this.#signal, 'media.restart-ice', { transportId: transportId(transport) }).then(
      ({ iceParameters }) => transport.restartIce({ iceParameters }),
      () => {},
    );
  }

  /** Reads the picture's counters, and treats one that stands still. */
  async #look(): Promise<void> {
    const transport = this.#transport;
    if (this.#isLooking || transport === undefined) return;
    this.#isLooking = true;
    try {
      const video = this.#video;
      const now = performance.now();
      if (video !== undefined) {
        const stats = readViewing(linesOf(await video.getStats()), this.#rates, now);
        if (transport !== this.#transport) return;
        this.stats = stats;
        if (stats.framesDecoded > this.#frames) {
          this.#frames = stats.framesDecoded;
          this.#silentSince = now;
          this.#tried = undefined;
          this.state = 'playing';
        }
      }
      await this.#treat(transport, video, now);
    } catch {
      // A consumer closed under the reading: the next look sees another.
    } finally {
      this.#isLooking = false;
    }
  }

  async #treat(transport: Transport, video: Consumer | undefined, now: number): Promise<void> {
    const silentMs = video === undefined ? 0 : now - this.#silentSince;
    const { connectionState: connection } = transport;
    const remedy = nextRemedy({ silentMs, tried: this.#tried, connection });
    if (remedy === undefined) return;
    if (this.state === 'playing') this.state = 'reconnecting';
    this.#tried = remedy;
    if (remedy === 'join') return this.#join();
    if (remedy === 'ice-restart') return this.#restartIce();
    if (video === undefined) return;
    const { isArriving } = await ask(this.#signal, 'media.key-frame', { consumerId: consumerId(video) });
    if (isArriving) return;
    // Nothing reaches the router either: the host is cut off, and joining anew would change nothing.
    this.#silentSince = now;
    this.#tried = undefined;
    this.state = 'waiting';
  }
}

const consumerId = (consumer: Consumer): ConsumerId => ConsumerId.parse(consumer.id);
const transportId = (transport: Transport): TransportId => TransportId.parse(transport.id);
