/** Moves focus to a panel's heading as it enters, and back to where it was as it leaves. */
export function focusOnEntry(node: HTMLElement): () => void {
  const opener = document.activeElement;
  node.focus({ preventScroll: true });
  return () => {
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
  };
}
