import type { Device, types } from 'mediasoup-client';
import { type PeerKey, RtpParameters, TransportId } from '#contract/media.ts';
import { type LoadedDevice, loadDevice, recallDevice } from './device.ts';
import { ask, hear, MediaRefused, type MediaSignal, newPeerKey, plain } from './signal.ts';
import { linesOf, type PublishingStats, Rates, readPublishing } from './stats.ts';
import { mayJoinAgainInMs } from './watchdog.ts';

/** `replaced`: another publication of the channel took the room; it stays so until the host goes live again. */
export type PublishingState =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'reconnecting'
  | 'failed'
  | 'replaced'
  | 'refused';

export type Tracks = { video?: MediaStreamTrack | undefined; audio?: MediaStreamTrack | undefined };

type Options = { peerKey?: PeerKey };
type Transport = types.Transport;
type Producer = types.Producer;

/** Three layers, low to high: a quarter, a half and the whole of the picture. */
const layers = [
  { scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];

const iceRestartAfterMs = 1_000;
const publishAgainAfterMs = 5_000;

/** A host's way on air: three layers of H264 and the microphone, brought back when the way is cut. */
export class Publisher {
  state = $state<PublishingState>('idle');
  stats = $state.raw<PublishingStats | undefined>();
  /** False when this browser cannot send H264: then there is no replay. */
  isReplayable = $state(true);
  readonly #signal: MediaSignal;
  readonly #peerKey: PeerKey;
  readonly #producers = new Map<'audio' | 'video', Producer>();
  readonly #failedAt: number[] = [];
  #tracks: Tracks = {};
  #transport: Transport | undefined;
  #generation = 0;
  #epoch = 0;
  #rates = new Rates();
  #cutSince: number | undefined;
  #hasRestarted = false;
  #deafen: (() => void)[] = [];
  #ticker: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: MediaSignal, { peerKey = newPeerKey() }: Options = {}) {
    this.#signal = signal;
    this.#peerKey = peerKey;
  }

  /** Puts the tracks on air and keeps them there until {@link stop}; they stay the caller's to stop. */
  async start(tracks: Tracks): Promise<void> {
    this.stop();
    this.#tracks = tracks;
    this.state = 'connecting';
    const online = () => void this.#restartIce();
    addEventListener('online', online);
    this.#deafen = [
      () => removeEventListener('online', online),
      hear(this.#signal, 'media.reset', () => void this.#publish()),
      hear(this.#signal, 'media.publication-replaced', () => this.#end('replaced')),
      this.#signal.onReturn(() => void this.#adopt()),
    ];
    this.#ticker = setInterval(() => void this.#look(), 1_000);
    await this.#publish();
  }

  /** Sends another picture or microphone from now on, without leaving the air. */
  async replace(kind: 'audio' | 'video', track: MediaStreamTrack | undefined): Promise<void> {
    this.#tracks = { ...this.#tracks, [kind]: track };
    const producer = this.#producers.get(kind);
    if (producer !== undefined) await producer.replaceTrack({ track: track ?? null });
    else if (track !== undefined && this.state === 'live') await this.#publish();
  }

  /** Leaves the air. */
  stop(): void {
    if (this.state !== 'idle' && this.#transport !== undefined)
      ask(this.#signal, 'media.close', {}).catch(() => {});
    this.#end('idle');
  }

  #end(state: PublishingState): void {
    for (const deafen of this.#deafen) deafen();
    this.#deafen = [];
    clearInterval(this.#ticker);
    this.#lose();
    this.stats = undefined;
    this.state = state;
  }

  async #publish(): Promise<void> {
    if (this.state === 'live') this.state = 'reconnecting';
    this.#lose();
    const generation = this.#generation;
    try {
      const { loaded, published } = await this.#askToPublish();
      if (generation !== this.#generation) return;
      if (published.send === undefined) throw new Error('the publication has no transport');
      this.#epoch = published.epoch;
      this.#open(loaded.device.createSendTransport(published.send));
      await this.#produce(loaded.device);
      if (generation !== this.#generation) return;
      this.#failedAt.length = 0;
      this.state = 'live';
    } catch (fault) {
      if (generation !== this.#generation) return;
      const isFinal =
        fault instanceof MediaRefused &&
        ['forbidden', 'sign-in-required', 'not-the-host'].includes(fault.refusal);
      if (isFinal) this.#end('refused');
      else this.#fail();
    }
  }

  async #askToPublish() {
    const publish = (loaded: LoadedDevice | undefined) =>
      ask(this.#signal, 'media.publish', {
        peerKey: this.#peerKey,
        ...(loaded && { capsHash: loaded.hash }),
      });
    let loaded = await recallDevice();
    let published = await publish(loaded);
    if (published.caps !== undefined) {
      loaded = await loadDevice(published.caps);
      published = await publish(loaded);
    }
    if (loaded === undefined) throw new Error('no capabilities');
    return { loaded, published };
  }

  #open(transport: Transport): void {
    this.#transport = transport;
    const transportId = TransportId.parse(transport.id);
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      ask(this.#signal, 'media.connect', { transportId, dtlsParameters, resume: [] }).then(
        () => done(),
        failed,
      );
    });
    transport.on('produce', ({ kind, rtpParameters }, done, failed) => {
      const sent = { transportId, kind, rtpParameters: RtpParameters.parse(plain(rtpParameters)) };
      ask(this.#signal, 'media.produce', sent).then(({ producerId }) => done({ id: producerId }), failed);
    });
    transport.on('connectionstatechange', () => void this.#look());
  }

  async #produce(device: Device): Promise<void> {
    const transport = this.#transport;
    const { video, audio } = this.#tracks;
    const keep = (kind: 'audio' | 'video', producer: Producer) => {
      if (transport === this.#transport) this.#producers.set(kind, producer);
    };
    if (transport !== undefined && video?.readyState === 'live') {
      const codec = device.sendRtpCapabilities.codecs?.find(
        ({ mimeType, parameters }) => /h264/i.test(mimeType) && parameters?.['profile-level-id'] === '42e01f',
      );
      this.isReplayable = codec !== undefined;
      const encodings = layers.map((layer) => ({ ...layer }));
      const codecOptions = { videoGoogleStartBitrate: 1000 };
      const options = { track: video, encodings, codecOptions, stopTracks: false, ...(codec && { codec }) };
      keep('video', await transport.produce(options));
    }
    if (transport !== undefined && audio?.readyState === 'live') {
      const codecOptions = { opusStereo: true, opusFec: true, opusDtx: false };
      keep('audio', await transport.produce({ track: audio, codecOptions, stopTracks: false }));
    }
  }

  #lose(): void {
    this.#generation += 1;
    clearTimeout(this.#later);
    this.#transport?.close();
    this.#transport = undefined;
    this.#producers.clear();
    this.#rates = new Rates();
    this.#cutSince = undefined;
    this.#hasRestarted = false;
  }

  #fail(): void {
    this.#lose();
    const now = performance.now();
    this.#failedAt.push(now);
    const waitMs = mayJoinAgainInMs(this.#failedAt, now);
    this.state = waitMs >= 30_000 ? 'failed' : 'reconnecting';
    this.#later = setTimeout(() => void this.#publish(), waitMs);
  }

  async #adopt(): Promise<void> {
    const generation = this.#generation;
    if (this.#transport === undefined) return this.#publish();
    try {
      const { epoch } = await ask(this.#signal, 'media.adopt', { peerKey: this.#peerKey });
      if (generation === this.#generation && epoch !== this.#epoch) await this.#publish();
    } catch {
      if (generation === this.#generation) await this.#publish();
    }
  }

  async #restartIce(): Promise<void> {
    const transport = this.#transport;
    if (transport === undefined) return;
    const transportId = TransportId.parse(transport.id);
    await ask(this.#signal, 'media.restart-ice', { transportId }).then(
      ({ iceParameters }) => transport.restartIce({ iceParameters }),
      () => {},
    );
  }

  /** Reads what leaves, and treats a way that is cut: an ICE restart after 1 s, a new publication after 5 s. */
  async #look(): Promise<void> {
    const transport = this.#transport;
    if (transport === undefined) return;
    const now = performance.now();
    const { connectionState: connection } = transport;
    if (connection === 'failed') return this.#publish();
    if (connection === 'disconnected') {
      this.#cutSince ??= now;
      const cutMs = now - this.#cutSince;
      if (cutMs >= publishAgainAfterMs) return this.#publish();
      if (cutMs < iceRestartAfterMs || this.#hasRestarted) return;
      this.#hasRestarted = true;
      return this.#restartIce();
    }
    this.#cutSince = undefined;
    this.#hasRestarted = false;
    const report = await transport.getStats().catch(() => undefined);
    if (report !== undefined && transport === this.#transport)
      this.stats = readPublishing(linesOf(report), this.#rates, now);
  }
}
