type Act = () => void;

const memory = 'dropcast.single-keys';
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable="true"]') !== null;

const isOnControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('button, a, summary, [role="button"], [role="tab"]') !== null;

/**
 * Single keys of a page: they act outside text fields and dialogs only, and can be switched off; the browser remembers
 * that. Names are `KeyboardEvent.key`, upper case for letters.
 */
export class SingleKeys {
  isOn = $state(localStorage.getItem(memory) !== 'off');

  toggle(): void {
    this.isOn = !this.isOn;
    localStorage.setItem(memory, this.isOn ? 'on' : 'off');
  }

  /** Listens until the returned function is called. `?` acts even when single keys are off. */
  listen(acts: Record<string, Act>): () => void {
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
      const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
      // On a button or a link these two press it.
      if ((key === 'Enter' || key === ' ') && isOnControl(event.target)) return;
      const act = acts[key];
      if (!act || !(this.isOn || key === '?')) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }
}
