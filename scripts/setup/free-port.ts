import { createServer } from 'node:net';

/** The port wished for if it is free on loopback, else any other that is. */
export async function freePort(wish: number): Promise<number> {
  if (wish > 0 && wish <= 65_535 && (await isTcpFree(wish, '127.0.0.1'))) return wish;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Whether nobody listens on that port of that address. */
export function isTcpFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
