/** What goes on air as picture: a camera, a shared screen, or none. */
export type PictureSource = { kind: 'camera'; deviceId?: string } | { kind: 'screen' };

const pictureSize = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
} satisfies MediaTrackConstraints;

/** The host's camera, screen and microphone before and while on air: choice, preview, level, mute. */
export class Capture {
  cameras = $state.raw<MediaDeviceInfo[]>([]);
  microphones = $state.raw<MediaDeviceInfo[]>([]);
  /** What a preview shows and a publication sends. */
  video = $state.raw<MediaStreamTrack | undefined>();
  audio = $state.raw<MediaStreamTrack | undefined>();
  /** Loudness of the microphone now, 0 silent to 1 full. */
  level = $state(0);
  isMuted = $state(false);
  /** The browser's name of what stood in the way: `NotAllowedError`, `NotFoundError`, `NotReadableError` … */
  fault = $state<string | undefined>();
  #meter: { context: AudioContext; timer: ReturnType<typeof setInterval> } | undefined;

  /** The video alone, for a preview element: the host does not hear themself. */
  get preview(): MediaStream | undefined {
    return this.video && new MediaStream([this.video]);
  }

  /** Reads which devices there are; they have names only once one was opened. */
  async listDevices(): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.cameras = devices.filter(({ kind }) => kind === 'videoinput');
    this.microphones = devices.filter(({ kind }) => kind === 'audioinput');
  }

  /** Opens a camera or asks for a screen to share; the former picture ends when the new one is there. */
  async choosePicture(source: PictureSource): Promise<void> {
    const stream = await this.#open(() =>
      source.kind === 'screen'
        ? navigator.mediaDevices.getDisplayMedia({ video: pictureSize, audio: false })
        : navigator.mediaDevices.getUserMedia({
            video: { ...pictureSize, ...(source.deviceId && { deviceId: { exact: source.deviceId } }) },
          }),
    );
    const [track] = stream?.getVideoTracks() ?? [];
    if (track === undefined) return;
    if (source.kind === 'screen') track.contentHint = 'detail';
    this.video?.stop();
    this.video = track;
    track.addEventListener('ended', () => {
      if (this.video === track) this.video = undefined;
    });
  }

  /** Opens a microphone, the browser's own choice without an id. */
  async chooseMicrophone(deviceId?: string): Promise<void> {
    const stream = await this.#open(() =>
      navigator.mediaDevices.getUserMedia({ audio: deviceId ? { deviceId: { exact: deviceId } } : true }),
    );
    const [track] = stream?.getAudioTracks() ?? [];
    if (track === undefined) return;
    this.audio?.stop();
    this.audio = track;
    track.enabled = !this.isMuted;
    this.#measure(track);
  }

  toggleMute(): void {
    this.isMuted = !this.isMuted;
    if (this.audio !== undefined) this.audio.enabled = !this.isMuted;
  }

  /** Lets every device go: the camera's light goes out. */
  close(): void {
    this.video?.stop();
    this.audio?.stop();
    this.video = undefined;
    this.audio = undefined;
    this.#stopMeasuring();
  }

  async #open(get: () => Promise<MediaStream>): Promise<MediaStream | undefined> {
    try {
      const stream = await get();
      this.fault = undefined;
      await this.listDevices();
      return stream;
    } catch (fault) {
      if (!(fault instanceof DOMException || fault instanceof TypeError)) throw fault;
      this.fault = fault.name;
      return undefined;
    }
  }

  #measure(track: MediaStreamTrack): void {
    this.#stopMeasuring();
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.level = loudness(samples);
    }, 100);
    this.#meter = { context, timer };
  }

  #stopMeasuring(): void {
    if (this.#meter === undefined) return;
    clearInterval(this.#meter.timer);
    this.#meter.context.close().catch(() => {});
    this.#meter = undefined;
    this.level = 0;
  }
}

/** Root mean square on a decibel scale: −60 dB and below is 0, full scale is 1. */
export function loudness(samples: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const sample of samples) {
    sum += sample * sample;
    count += 1;
  }
  if (sum === 0) return 0;
  const decibels = 10 * Math.log10(sum / count);
  return Math.min(1, Math.max(0, 1 + decibels / 60));
}
