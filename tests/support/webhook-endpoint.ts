import { createServer } from 'node:http';
import { Stripe } from 'stripe';

/** One webhook as it came in. */
type Received = { body: string; signature: string; event: Stripe.Event };

/** A webhook endpoint that checks signatures and remembers what it took. */
export type WebhookEndpoint = AsyncDisposable & {
  readonly url: string;
  readonly received: Received[];
  /** The HTTP status of every later answer. */
  answerWith(status: number): void;
  /** Resolves when the types received so far satisfy the condition; fails after 5 s. */
  until(isEnough: (types: string[]) => boolean): Promise<void>;
};

/** Listens on any free port of loopback. What is wrongly signed is answered 400 and not remembered. */
export const openWebhookEndpoint = async (secret: string): Promise<WebhookEndpoint> => {
  const received: Received[] = [];
  let status = 200;
  let look = (): void => {};
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      const signature = String(request.headers['stripe-signature']);
      try {
        const event = Stripe.webhooks.constructEvent(body, signature, secret);
        received.push({ body, signature, event });
        response.writeHead(status).end();
      } catch {
        response.writeHead(400).end();
      }
      look();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/webhooks/stripe`,
    received,
    answerWith: (next) => {
      status = next;
    },
    until: (isEnough) =>
      new Promise((resolve, reject) => {
        const deadline = setTimeout(
          () => reject(new Error(`received only ${received.map((one) => one.event.type).join(', ')}`)),
          5000,
        );
        look = () => {
          if (!isEnough(received.map((one) => one.event.type))) return;
          clearTimeout(deadline);
          resolve();
        };
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};
