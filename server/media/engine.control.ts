import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Result, refuse } from '#contract/errors.ts';
import type { ControlEvent, ControlName, ControlReply, ControlRequest } from '#contract/internal/control.ts';
import type { MediaRefusal } from '#contract/media.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import type { MediaDirectory } from './directory.ts';
import type { MediaEngine } from './engine.ts';
import { NodeLink } from './node-link.ts';

/** The questions that give a room a node; any other about a room without one is about nothing. */
const openers = new Set<ControlName>(['peer.join', 'publish.open', 'ingest.open']);

type Options = { directory: MediaDirectory; token: string };

/** The engine over control links: finds the node of a room, keeps one link to each, and says when a node is lost. */
export function controlMediaEngine({ directory, token }: Options): MediaEngine {
  const serverId = randomUUID();
  const links = new Map<string, Promise<NodeLink>>();
  const rooms = new Map<string, string>();
  const hearers = new Set<(event: ControlEvent) => void>();
  let isClosed = false;

  const tell = (event: ControlEvent) => {
    for (const hear of hearers) hear(event);
  };

  function linkTo(nodeId: string, url: string): Promise<NodeLink> {
    const held = links.get(nodeId);
    if (held !== undefined) return held;
    const opening = NodeLink.open({ url, nodeId, token, serverId }, tell);
    links.set(nodeId, opening);
    opening.then(
      (link) =>
        link.ended.then(async () => {
          links.delete(nodeId);
          if (!isClosed) await regain(nodeId, url);
        }),
      () => links.delete(nodeId),
    );
    return opening;
  }

  /** A link that broke is opened again at once, so that events go on; a node that is not there any more is given up. */
  async function regain(nodeId: string, url: string): Promise<void> {
    for (const waitMs of [0, 100, 400]) {
      await pause(waitMs);
      if (isClosed) return;
      const link = await linkTo(nodeId, url).catch(() => undefined);
      if (link !== undefined) return;
    }
    await giveUp(nodeId);
  }

  async function giveUp(nodeId: string): Promise<void> {
    logger.error({ nodeId }, 'media node is lost');
    const lost = [...rooms].filter(([, holder]) => holder === nodeId).map(([roomId]) => roomId);
    for (const roomId of lost) rooms.delete(roomId);
    try {
      await directory.bury(nodeId);
      await Promise.all(lost.map((roomId) => directory.release(roomId, nodeId)));
    } catch (fault) {
      logger.error({ err: fault }, 'the lost media node could not be signed off');
    }
    for (const roomId of lost) tell({ t: 'room.reset', roomId, epoch: Date.now() });
  }

  /** The link to the room's node; a room without one is given to a living node when the question opens rooms. */
  async function linkFor(roomId: string | undefined, opens: boolean): Promise<NodeLink | MediaRefusal> {
    for (let tries = 0; tries < 3; tries += 1) {
      const nodes = await directory.nodes();
      const held = roomId === undefined ? undefined : await directory.nodeOf(roomId);
      if (held !== undefined && !nodes.has(held) && roomId !== undefined)
        await directory.release(roomId, held);
      const [leastLoaded] = [...nodes].toSorted(([, a], [, b]) => a.load - b.load);
      const isHeld = held !== undefined && nodes.has(held);
      if (roomId !== undefined && !opens && !isHeld) return 'media-unknown';
      const wanted = isHeld ? held : leastLoaded?.[0];
      if (wanted === undefined) return 'media-unavailable';
      const nodeId = roomId === undefined ? wanted : await directory.assign(roomId, wanted);
      const entry = nodes.get(nodeId);
      if (entry === undefined) continue;
      try {
        const link = await linkTo(nodeId, entry.url);
        if (roomId !== undefined) rooms.set(roomId, nodeId);
        return link;
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        await giveUp(nodeId);
      }
    }
    return 'media-unavailable';
  }

  async function forget(roomId: string): Promise<void> {
    const nodeId = rooms.get(roomId);
    rooms.delete(roomId);
    if (nodeId !== undefined) await directory.release(roomId, nodeId);
  }

  return {
    async ask<Name extends ControlName>(
      name: Name,
      request: ControlRequest<Name>,
    ): Promise<Result<ControlReply<Name>, MediaRefusal>> {
      const roomId = 'roomId' in request ? request.roomId : undefined;
      const link = await linkFor(roomId, openers.has(name));
      if (typeof link === 'string') return refuse(link);
      const answer = await link.ask(name, request);
      if (name === 'room.close' && answer.ok && roomId !== undefined) await forget(roomId);
      return answer;
    },
    listen(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      const open = await Promise.allSettled(links.values());
      for (const link of open) {
        if (link.status !== 'fulfilled') continue;
        link.value[Symbol.dispose]();
        await link.value.ended;
      }
    },
  };
}
