type Toast = { id: number; text: string; action: { label: string; act(): void } | undefined };

/** Speaks to screen readers through the shell's two live regions, and shows at most two toasts. Never about money. */
export class Announcer {
  status = $state('');
  alert = $state('');
  toasts = $state<Toast[]>([]);
  #nextId = 1;

  /** Polite: something happened in the room. */
  say(text: string): void {
    this.status = text;
  }

  /** At once: the answer to the user's own act. */
  answer(text: string): void {
    this.alert = text;
  }

  /** Shows a line for 5 s, with an action for 8 s. */
  toast(text: string, action?: Toast['action']): void {
    const id = this.#nextId++;
    this.toasts = [...this.toasts, { id, text, action }].slice(-2);
    this.say(text);
    setTimeout(() => this.dismiss(id), action ? 8000 : 5000);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((one) => one.id !== id);
  }
}
