const guardMs = 250;

/** Takes no pointer input for 250 ms after a card appeared or changed its action, so that no tap hits what just moved in. */
export function guardGhostTaps(_action: unknown): (node: HTMLElement) => () => void {
  return (node) => {
    node.style.pointerEvents = 'none';
    const timer = setTimeout(() => {
      node.style.pointerEvents = '';
    }, guardMs);
    return () => clearTimeout(timer);
  };
}
