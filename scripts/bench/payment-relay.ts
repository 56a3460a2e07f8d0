import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';

/** What a relay saw: when each event of a subject came by first, and how long the service answered about an intent. */
export type PaymentRelay = AsyncDisposable & {
  url: string;
  /** Where events go on to. */
  server: string;
  /** Milliseconds of `performance.now()` at which the first event "succeeded" of an order came by, and its intent. */
  paidAt(orderId: string): { at: number; intentId: string } | undefined;
  /** Milliseconds that the service took for requests about an intent within a span. */
  answering(intentId: string, from: number, to: number): number;
};

const Event = z.object({
  type: z.string(),
  data: z.object({
    object: z.object({
      id: z.string(),
      payment_intent: z.string().nullish(),
      metadata: z.object({ subjectId: z.string().optional() }).nullish(),
    }),
  }),
});

/** Stands between the server and the payment service, both ways. */
export async function openPaymentRelay(service: string): Promise<PaymentRelay> {
  const events = new Map<string, { at: number; intentId: string }>();
  const answers: { url: string; from: number; ms: number }[] = [];
  const relay = { server: '' };
  const note = (body: string) => {
    const event = Event.safeParse(JSON.parse(body)).data;
    const object = event?.data.object;
    const orderId = object?.metadata?.subjectId;
    if (object === undefined || orderId === undefined || !event?.type.endsWith('.succeeded')) return;
    const intentId = object.payment_intent ?? object.id;
    if (!events.has(orderId)) events.set(orderId, { at: performance.now(), intentId });
  };
  const server = createServer((request, response) => {
    const serve = async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(Buffer.from(piece));
      const body = Buffer.concat(pieces);
      const { method = 'GET', url = '/' } = request;
      const isEvent = url.startsWith('/api/');
      if (isEvent) note(body.toString());
      const {
        host: _,
        connection: __,
        'content-length': ___,
        'transfer-encoding': ____,
        ...headers
      } = request.headers;
      const from = performance.now();
      const answer = await fetch(new URL(url, isEvent ? relay.server : service), {
        method,
        headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
        ...(method === 'GET' ? {} : { body }),
      });
      const text = await answer.text();
      if (!isEvent) answers.push({ url, from, ms: performance.now() - from });
      const type = answer.headers.get('content-type') ?? 'text/plain';
      response.writeHead(answer.status, { 'content-type': type }).end(text);
    };
    serve().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(relay, {
    url: `http://127.0.0.1:${address.port}`,
    paidAt: (orderId: string) => events.get(orderId),
    answering: (intentId: string, from: number, to: number) =>
      answers
        .filter((one) => one.url.includes(intentId) && one.from >= from && one.from <= to)
        .reduce((sum, { ms }) => sum + ms, 0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
