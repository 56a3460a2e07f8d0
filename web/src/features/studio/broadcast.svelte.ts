import type { StreamId } from '#contract/ids.ts';
import { Capture, type PictureSource } from '../../player/capture.svelte.ts';
import { Publisher } from '../../player/publisher.svelte.ts';
import type { MediaSignal } from '../../player/signal.ts';

type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const countFrom = 3;
const devicesKey = 'dropcast.devices';

/**
 * A host's camera and microphone before and on air. This browser remembers that it publishes, so that a reloaded page
 * goes on where it was.
 */
export class Broadcast {
  readonly capture = new Capture();
  readonly publisher: Publisher;
  /** 3, 2, 1 before going on air; 0 otherwise. */
  count = $state(0);
  cameraId = $state('');
  microphoneId = $state('');
  isSharing = $state(false);
  /** The camera and the microphone were asked for. */
  isPrepared = $state(false);
  readonly #name: string;
  /** Of this tab, and of this browser. */
  readonly #memories: { tab: Memory; browser: Memory };
  #counting: (() => void) | undefined;

  constructor(
    signal: MediaSignal,
    streamId: StreamId,
    memories = { tab: sessionStorage as Memory, browser: localStorage as Memory },
  ) {
    this.publisher = new Publisher(signal);
    this.#name = `dropcast.on-air.${streamId}`;
    this.#memories = memories;
    [this.cameraId = '', this.microphoneId = ''] = (memories.browser.getItem(devicesKey) ?? '').split('\n');
  }

  /** Whether this tab was on air before it was reloaded. */
  get wasOnAir(): boolean {
    return this.#memories.tab.getItem(this.#name) === 'yes';
  }

  /** Opens the devices chosen last time, or whatever there is. */
  async prepare(): Promise<void> {
    await this.#openCamera(this.cameraId);
    if (!this.capture.video && this.cameraId) await this.#openCamera('');
    await this.#openMicrophone(this.microphoneId);
    if (!this.capture.audio && this.microphoneId) await this.#openMicrophone('');
    this.isPrepared = true;
  }

  async chooseCamera(cameraId: string): Promise<void> {
    await this.#openCamera(cameraId);
    await this.#replaceOnAir('video');
  }

  async chooseMicrophone(microphoneId: string): Promise<void> {
    await this.#openMicrophone(microphoneId);
    await this.#replaceOnAir('audio');
  }

  /** Shows the screen instead of the camera, or the camera again. */
  async toggleScreen(): Promise<void> {
    if (this.isSharing) return this.chooseCamera(this.cameraId);
    const before = this.capture.video;
    await this.capture.choosePicture({ kind: 'screen' });
    this.isSharing = this.capture.video !== before;
    if (!this.isSharing) return;
    this.capture.video?.addEventListener('ended', () => {
      if (this.isSharing) void this.chooseCamera(this.cameraId);
    });
    await this.#replaceOnAir('video');
  }

  /** Counts 3-2-1, then takes the step on the server, then sends. False when it was called off meanwhile. */
  async goLive(step: () => Promise<void>, tick = 1000): Promise<boolean> {
    if (this.count > 0) return false;
    for (this.count = countFrom; this.count > 0; this.count -= 1) {
      const isOver = await this.#wait(tick);
      if (isOver) return false;
    }
    await step();
    await this.publish();
    return true;
  }

  /** Calls the countdown off. */
  cancel(): void {
    this.#counting?.();
  }

  /** Puts what was captured on air, and remembers it over a reload. */
  async publish(): Promise<void> {
    if (!this.isPrepared) await this.prepare();
    this.#memories.tab.setItem(this.#name, 'yes');
    await this.publisher.start({ video: this.capture.video, audio: this.capture.audio });
  }

  /** Leaves the air for good. */
  end(): void {
    this.#memories.tab.removeItem(this.#name);
    this.leave();
  }

  /** The page goes: devices are let go, and a return takes up again. */
  leave(): void {
    this.cancel();
    this.publisher.stop();
    this.capture.close();
    this.isPrepared = false;
  }

  #wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#counting = () => {
        clearTimeout(timer);
        this.count = 0;
        resolve(true);
      };
    });
  }

  async #openCamera(cameraId: string): Promise<void> {
    const source: PictureSource = { kind: 'camera', ...(cameraId ? { deviceId: cameraId } : {}) };
    const before = this.capture.video;
    await this.capture.choosePicture(source);
    if (this.capture.video === before) return;
    this.isSharing = false;
    this.cameraId = this.capture.video?.getSettings().deviceId ?? cameraId;
    this.#remember();
  }

  async #openMicrophone(microphoneId: string): Promise<void> {
    const before = this.capture.audio;
    await this.capture.chooseMicrophone(microphoneId || undefined);
    if (this.capture.audio === before) return;
    this.microphoneId = this.capture.audio?.getSettings().deviceId ?? microphoneId;
    this.#remember();
  }

  async #replaceOnAir(kind: 'audio' | 'video'): Promise<void> {
    if (this.publisher.state !== 'idle') await this.publisher.replace(kind, this.capture[kind]);
  }

  #remember(): void {
    this.#memories.browser.setItem(devicesKey, `${this.cameraId}\n${this.microphoneId}`);
  }
}
