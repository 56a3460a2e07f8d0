import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  ControlAsk,
  type ControlEvent,
  type ControlName,
  controlRequests,
} from '#contract/internal/control.ts';
import type { MediaNode } from './node.ts';

type Options = { nodeId: string; node: MediaNode; port: number; token: string; logger: Logger };

const maxFrame = 256 * 1024;

/** The node's end of the control link: a websocket on loopback for servers that hold the token. */
export class ControlServer implements AsyncDisposable {
  /** Where servers reach it. */
  readonly url: string;
  readonly #close: () => Promise<void>;

  static async create({ nodeId, node, port, token, logger }: Options): Promise<ControlServer> {
    const http = createServer((_request, response) => response.writeHead(426).end());
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxFrame });
    http.on('upgrade', (request, socket, head) => {
      if (!holdsToken(request, token)) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
        return;
      }
      const serverId = String(request.headers['x-server-id'] ?? randomUUID());
      sockets.handleUpgrade(request, socket, head, (server) =>
        serve(server, { serverId, nodeId, node, logger }),
      );
    });
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    const bound = http.address();
    if (bound === null || typeof bound === 'string') throw new Error('the control link has no TCP port');
    return new ControlServer(`ws://127.0.0.1:${bound.port}`, async () => {
      for (const server of sockets.clients) server.terminate();
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    });
  }

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function holdsToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function serve(
  socket: WebSocket,
  { serverId, nodeId, node, logger }: { serverId: string; nodeId: string; node: MediaNode; logger: Logger },
): void {
  const write = (frame: object) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
  };
  const server = { id: serverId, tell: (event: ControlEvent) => write(event) };
  node.greet(server);
  server.tell({ t: 'node.hello', nodeId });
  socket.on('close', () => node.lose(server));
  socket.on('error', (fault) => logger.warn({ err: fault }, 'control link broke'));
  socket.on('message', (data) => {
    const ask = ControlAsk.safeParse(readJson(String(data)));
    if (!ask.success) {
      logger.error({ faults: ask.error.issues }, 'control link spoke nonsense');
      socket.close(1008);
      return;
    }
    const { id: re, t, d } = ask.data;
    answer(node, t, d, serverId).then(
      (result) => write(result.ok ? { re, ok: true, d: result.value } : { re, ...result }),
      (fault: unknown) => {
        logger.error({ err: fault, ask: t }, 'control request failed');
        write({ re, ok: false, fault: fault instanceof Error ? fault.message : 'fault' });
      },
    );
  });
}

async function answer<Name extends ControlName>(
  node: MediaNode,
  name: Name,
  data: unknown,
  serverId: string,
): Promise<Awaited<ReturnType<MediaNode['handlers'][Name]>>> {
  const handle: (request: never, from: never) => unknown = node.handlers[name];
  const request = controlRequests[name].d.parse(data);
  return Reflect.apply(handle, node, [request, serverId]);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
