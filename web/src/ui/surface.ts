/** Gives the whole page a surface while a view stands, dialogs at its edge included; called from an effect. */
export function wearSurface(surface: 'stage' | 'desk'): () => void {
  const { dataset } = document.documentElement;
  const before = dataset.surface;
  dataset.surface = surface;
  return () => {
    dataset.surface = before;
  };
}
