import type { NodeEntry } from '#contract/internal/control.ts';
import type { MediaDirectory } from './directory.ts';

/** One process's own directory; the nodes given live until they are buried. */
export function memoryMediaDirectory(nodes: Iterable<readonly [string, NodeEntry]> = []): MediaDirectory {
  const living = new Map(nodes);
  const assignments = new Map<string, string>();
  const fences = new Map<string, number>();
  return {
    async nodes() {
      return living;
    },
    async nodeOf(roomId) {
      return assignments.get(roomId);
    },
    async assign(roomId, nodeId) {
      const held = assignments.get(roomId) ?? nodeId;
      assignments.set(roomId, held);
      return held;
    },
    async release(roomId, nodeId) {
      if (assignments.get(roomId) === nodeId) assignments.delete(roomId);
    },
    async bury(nodeId) {
      living.delete(nodeId);
    },
    async nextFence(roomId) {
      const fence = (fences.get(roomId) ?? 0) + 1;
      fences.set(roomId, fence);
      return fence;
    },
  };
}
