/** How a picture plays under the browser's autoplay rules. */
export class Playback {
  isMuted = $state(true);
  /** The browser allowed no sound: one tap gives it. */
  needsTapForSound = $state(false);
  /** The browser allowed nothing: one tap starts the picture. */
  needsTapToPlay = $state(false);
  #video: HTMLVideoElement | undefined;
  #wantsSound = true;

  /** Takes the element over; the returned function lets it go. */
  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    return () => {
      if (this.#video === video) this.#video = undefined;
    };
  }

  /** Plays a stream: with sound where the browser allows it, else muted, else not before a tap. */
  async play(stream: MediaStream | undefined): Promise<void> {
    const video = this.#video;
    if (video === undefined || stream === undefined) return;
    video.srcObject = stream;
    await this.#start(video);
  }

  /** Call from a tap or key: starts the picture, with sound. */
  async tap(): Promise<void> {
    this.#wantsSound = true;
    if (this.#video !== undefined) await this.#start(this.#video);
  }

  /** Call from a tap or key: sound off or on. */
  async toggleSound(): Promise<void> {
    this.#wantsSound = this.isMuted;
    if (this.#video !== undefined) await this.#start(this.#video);
  }

  async #start(video: HTMLVideoElement): Promise<void> {
    if (this.#wantsSound && (await this.#try(video, false))) {
      this.needsTapForSound = false;
      this.needsTapToPlay = false;
      return;
    }
    const plays = await this.#try(video, true);
    this.needsTapForSound = this.#wantsSound && plays;
    this.needsTapToPlay = !plays;
  }

  /** False when the browser refused; a stream replaced meanwhile is not a refusal. */
  async #try(video: HTMLVideoElement, isMuted: boolean): Promise<boolean> {
    video.muted = isMuted;
    this.isMuted = isMuted;
    try {
      await video.play();
      return true;
    } catch (fault) {
      return !(fault instanceof DOMException && fault.name === 'NotAllowedError');
    }
  }
}
