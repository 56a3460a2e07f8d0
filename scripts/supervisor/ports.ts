import { createSocket } from 'node:dgram';
import { isTcpFree } from '../setup/free-port.ts';

/** A port that a setting names and that somebody else has. */
class PortTaken extends Error {
  readonly code = 'port-taken';
}

/** Refuses with the setting's name when the port is taken on that address. */
export async function refuseTaken(setting: string, port: number, host: string, udp = false): Promise<void> {
  const isFree = (await isTcpFree(port, host)) && (!udp || (await isUdpFree(port, host)));
  if (!isFree)
    throw new PortTaken(
      `${setting}: port ${port} on ${host} is taken. Stop what listens there, or choose another with ${setting}.`,
    );
}

function isUdpFree(port: number, host: string): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
