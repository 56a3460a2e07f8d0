/** A difference between what is stored and what its parts say; `where` names the document. */
export type Difference = { where: string; stored: string; recomputed: string };

/** A difference when two values are not the same. */
export const unlessEqual = (
  where: string,
  stored: number | string,
  recomputed: number | string,
): Difference[] =>
  stored === recomputed ? [] : [{ where, stored: String(stored), recomputed: String(recomputed) }];
