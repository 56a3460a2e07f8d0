import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import * as ws from 'ws';

/** The one place that knows ws from the inside; the version is pinned, and a test compares its bytes with `send`. */

const frame: (data: Buffer, options: object) => Buffer[] = Reflect.get(Reflect.get(ws, 'Sender'), 'frame');

/** A text frame, ready to be written to any number of sockets (RFC 6455 section 5.2, unmasked, unfragmented). */
export function frameText(text: string): Buffer {
  const options = { fin: true, opcode: 1, mask: false, rsv1: false, readOnly: true };
  return Buffer.concat(frame(Buffer.from(text), options));
}

/** Writes a framed buffer in order with `send`; counted by `bufferedAmount`. */
export function writeFrame(socket: WebSocket, bytes: Buffer): void {
  const raw: Socket | undefined = Reflect.get(socket, '_socket');
  if (raw?.writable) raw.write(bytes);
}
