import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Router } from 'express';
import type { Config } from '../config.ts';
import type { Bus } from '../platform/bus.ts';
import type { Clock } from '../platform/clock.ts';
import { httpApp } from './http.ts';
import type { RoomHistory } from './live/history.ts';
import { LiveHub } from './live/hub.ts';
import type { LiveMessage } from './live/message.ts';
import type { PageWords } from './pages.ts';
import type { AuditLog, Authenticator, Authorizer, PresenceSink, SnapshotPart } from './ports.ts';
import type { Route } from './route.ts';
import { ownOrigin } from './security.ts';

export type GatewayParts = {
  http: Config['http'];
  simulatorUrl: string | undefined;
  clock: Clock;
  bus: Bus;
  history: RoomHistory;
  authenticator: Authenticator;
  authorizer: Authorizer;
  auditLog: AuditLog;
  presence: PresenceSink;
  routes: readonly Route[];
  messages: readonly LiveMessage[];
  snapshots: readonly SnapshotPart[];
  describePage?: (path: string) => Promise<PageWords | undefined>;
  extra?: readonly Router[];
};

/** The open door: HTTP and websockets on one port. */
export interface Gateway extends AsyncDisposable {
  /** Where browsers find it; with port 0 the port that was free. */
  address: string;
  routes: readonly Route[];
  messages: readonly LiveMessage[];
  counts(): { sockets: number; rooms: number };
}

/** Opens the door. Disposing it refuses newcomers, closes sockets with 1012, and waits for requests under way. */
export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { http } = parts;
  let address = http.publicUrl;
  const isOwnOrigin = ownOrigin(() => address);
  const hub = new LiveHub({ ...parts, isOwnOrigin });
  const app = httpApp({
    ...parts,
    messages: hub.messages,
    isHttps: http.publicUrl.startsWith('https:'),
    isOwnOrigin,
    describePage: parts.describePage ?? (async () => undefined),
    extra: parts.extra ?? [],
  });
  const server: Server = http.tls
    ? createTlsServer({ cert: readFileSync(http.tls.certFile), key: readFileSync(http.tls.keyFile) }, app)
    : createServer(app);
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  hub.attach(server);
  server.listen(http.port, http.host);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no TCP port');
  if (http.port === 0) address = `${http.tls ? 'https' : 'http'}://localhost:${bound.port}`;
  return {
    address,
    routes: parts.routes,
    messages: hub.messages,
    counts: () => hub.counts(),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      await hub[Symbol.asyncDispose]();
      server.closeIdleConnections();
      const impatient = setTimeout(() => server.closeAllConnections(), 3000);
      await closed;
      clearTimeout(impatient);
    },
  };
}
