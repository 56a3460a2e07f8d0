/** The picture beyond its place on the page: full screen, and picture in picture. */
export class Screen {
  isFull = $state(false);

  /** Hears of full screen that was left by Esc, until the returned function is called. */
  watch(): () => void {
    const note = () => {
      this.isFull = document.fullscreenElement !== null;
    };
    document.addEventListener('fullscreenchange', note);
    return () => document.removeEventListener('fullscreenchange', note);
  }

  /** Call from a tap or key; a browser that refuses leaves everything as it is. */
  toggleFull(page: HTMLElement | undefined): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else page?.requestFullscreen().catch(() => {});
  }

  togglePictureInPicture(page: HTMLElement | undefined): void {
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else
      page
        ?.querySelector('video')
        ?.requestPictureInPicture()
        .catch(() => {});
  }
}
