type ActOf = (key: string) => (() => void) | undefined;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable], dialog') !== null;

/** Single keys act outside text fields and dialogs only; Enter also leaves buttons and links alone. */
export function onRoomKey(actOf: ActOf): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (isTyping(event.target)) return;
    const isOnControl = event.target instanceof Element && event.target.closest('button, a') !== null;
    if (event.key === 'Enter' && isOnControl) return;
    const act = actOf(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
}

const memory = 'dropcast.keys';

/** Whether this viewer wants single keys; remembered by the browser. */
export const keysAreOn = (): boolean => localStorage.getItem(memory) !== 'off';
export const setKeysOn = (isOn: boolean): void => localStorage.setItem(memory, isOn ? 'on' : 'off');
