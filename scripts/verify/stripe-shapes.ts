import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from '../setup/free-port.ts';
import { openStripeSimulator } from '../stripe-sim/simulator.ts';
import { compareKeys, type KeyDifference, type Schemas } from './key-sets.ts';
import { useEverything } from './stripe-calls.ts';

const module = 'github.com/stripe/stripe-mock';
const version = 'v0.203.0';
const secretKey = 'sk_test_shapes';
const webhookSecret = 'whsec_shapes';

/** One request of ours with the simulator's answer to it. */
type Exchange = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  answer: unknown;
};

const Spec = z.object({
  info: z.object({ version: z.string() }),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

/** Builds stripe-mock from the Go module proxy; answers its program and Stripe's description that it embeds. */
function buildMock(folder: string): { program: string; spec: z.infer<typeof Spec> } {
  const env = { ...process.env, GOBIN: folder };
  execFileSync('go', ['install', `${module}@${version}`], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  const file = join(cache, `${module}@${version}`, 'embedded/openapi/spec3.json');
  return { program: join(folder, 'stripe-mock'), spec: Spec.parse(JSON.parse(readFileSync(file, 'utf8'))) };
}

async function runMock(program: string): Promise<AsyncDisposable & { url: string }> {
  const [http, https] = [await freePort(0), await freePort(0)];
  const addresses = ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`];
  const child = spawn(program, addresses, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${http}`;
  for (let tries = 0; ; tries += 1) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (tries > 100 || child.exitCode !== null) throw new Error('stripe-mock does not start');
    await wait(100);
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

/** Stands before the simulator and remembers what went through, without what was refused. */
async function record(target: string): Promise<AsyncDisposable & { port: number; exchanges: Exchange[] }> {
  const exchanges: Exchange[] = [];
  const server = createServer((request, response) => {
    const serve = async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(Buffer.from(piece));
      const body = Buffer.concat(pieces).toString();
      const { method = 'GET', url = '/' } = request;
      const headers: Record<string, string> = {};
      for (const name of [
        'authorization',
        'content-type',
        'stripe-version',
        'idempotency-key',
        'stripe-account',
      ]) {
        const value = request.headers[name];
        if (typeof value === 'string') headers[name] = value;
      }
      const isRead = method === 'GET';
      const answer = await fetch(new URL(url, target), { method, headers, ...(isRead ? {} : { body }) });
      const text = await answer.text();
      if (answer.ok) exchanges.push({ method, url, headers, body, answer: JSON.parse(text) });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    };
    serve().catch((fault: unknown) => response.writeHead(502).end(String(fault)));
  });
  server.listen(await freePort(0), '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    exchanges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends one request of ours to stripe-mock. */
async function repeat(mock: string, { method, url, headers, body }: Exchange) {
  const answer = await fetch(new URL(url, mock), { method, headers, ...(method === 'GET' ? {} : { body }) });
  const json: unknown = await answer.json();
  return { isTaken: answer.ok, json };
}

const sorted = (found: Set<string>) => [...found].toSorted();

/**
 * `npm run verify -- stripe-shapes`: does on the simulator what our adapter does and what the product may ask for,
 * sends the same requests to stripe-mock, and compares the keys of both answers. Answers the exit code: 0, 1 for a
 * request that Stripe's description refuses or a key of ours that it does not have, 2 where Go is not at hand.
 */
export async function compareWithStripe(): Promise<number> {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    console.error('stripe-shapes builds stripe-mock: it needs Go (https://go.dev/dl)');
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dropcast-stripe-mock-'));
  try {
    const { program, spec } = buildMock(folder);
    await using mock = await runMock(program);
    await using simulator = await openStripeSimulator({ secretKey, webhookSecret });
    await using recorder = await record(simulator.url);
    await useEverything({ port: recorder.port, secretKey, webhookSecret, control: simulator.control });

    const schemas: Schemas = spec.components.schemas;
    const refused = new Set<string>();
    const all: KeyDifference = {
      objects: new Set(),
      unknown: new Set(),
      newer: new Set(),
      lacking: new Set(),
    };
    for (const exchange of recorder.exchanges) {
      const { isTaken, json } = await repeat(mock.url, exchange);
      const name = `${exchange.method} ${exchange.url.split('?')[0]?.replace(/\/[a-z]+_\w{14,}/g, '/:id')}`;
      if (isTaken) compareKeys(exchange.answer, json, schemas, all);
      else refused.add(`${name}: ${JSON.stringify(json)}`);
    }
    console.log(
      `${recorder.exchanges.length} requests, ${all.objects.size} kinds of object, beside stripe-mock ${version} (${spec.info.version})`,
    );
    console.log(`kinds: ${sorted(all.objects).join(' ')}`);
    console.log(`refused by stripe-mock: ${refused.size}`);
    for (const one of sorted(refused)) console.log(`  ${one}`);
    console.log(`keys of ours that Stripe does not have: ${all.unknown.size}`);
    for (const one of sorted(all.unknown)) console.log(`  ${one}`);
    console.log(`keys of ours newer than stripe-mock, named by the SDK: ${all.newer.size}`);
    for (const one of sorted(all.newer)) console.log(`  ${one}`);
    console.log(`keys that ours lack (told, no failure): ${all.lacking.size}`);
    for (const one of sorted(all.lacking)) console.log(`  ${one}`);
    return refused.size + all.unknown.size === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
