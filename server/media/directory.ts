import type { NodeEntry } from '#contract/internal/control.ts';

/** Which nodes live, and which of them serves which room: the same answer for every server. */
export interface MediaDirectory {
  /** Nodes whose last beat is fresh, by id. */
  nodes(): Promise<ReadonlyMap<string, NodeEntry>>;
  nodeOf(roomId: string): Promise<string | undefined>;
  /** Gives the room to the node unless it has one; answers the node it then has. */
  assign(roomId: string, nodeId: string): Promise<string>;
  /** Takes the room from this node, if it is still this one's. */
  release(roomId: string, nodeId: string): Promise<void>;
  /** Forgets a node that does not answer; one that lives comes back with its next beat. */
  bury(nodeId: string): Promise<void>;
  /** The next fencing number of a room: larger than any before, also after Redis has lost its memory. */
  nextFence(roomId: string): Promise<number>;
}
