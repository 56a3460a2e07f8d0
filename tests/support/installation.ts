import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { compose, type House } from '#server/compose.ts';
import { type Config, parseConfig } from '#server/config.ts';
import { ensureFfmpeg } from '../../scripts/setup/ffmpeg.ts';
import { ensureMediaWorker } from '../../scripts/setup/media-worker.ts';
import { ensureMongo } from '../../scripts/setup/mongo.ts';
import { ensureRedis } from '../../scripts/setup/redis.ts';
import { settleAddresses, settlePorts } from '../../scripts/supervisor/addresses.ts';
import { startScript } from '../../scripts/supervisor/child.ts';
import { takeDataFolder } from '../../scripts/supervisor/data-folder.ts';
import { environmentFor } from '../../scripts/supervisor/environment.ts';
import { openLogs } from '../../scripts/supervisor/logs.ts';
import { planShow } from '../../scripts/supervisor/plan.ts';
import { loadSecrets } from '../../scripts/supervisor/secrets.ts';
import { raiseShow } from '../../scripts/supervisor/show.ts';
import { Person } from './cast.ts';

export type PartName = 'redis' | 'mongo' | 'stripe-sim' | 'media' | 'workers' | 'server';

/** What `npm start` puts on, without demo and mail: real processes on free ports under the real supervisor. */
export type Installation = AsyncDisposable & {
  /** The server process, as browsers name it. */
  address: string;
  /** How that server is configured; a second one on the same stores is composed from it. */
  config: Config;
  openSecond(): Promise<House>;
  visit(handle?: string, address?: string): Promise<Person>;
  /** Kills a process with SIGKILL; resolves when the supervisor has it back under another process. */
  kill(part: PartName): Promise<void>;
  /** Kills a process and keeps it down until disposed. Disposing resolves when it is back. */
  putDown(part: PartName): Promise<AsyncDisposable>;
  /** Reads or changes the payment simulator from outside: `GET objects?kind=payment_intents`. */
  simulator(method: string, path: string, body?: unknown): Promise<unknown>;
};

/** Starts every process of an installation in a folder of its own. */
export async function openInstallation(): Promise<Installation> {
  await using opening = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'dropcast-show-'));
  opening.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const folder = opening.use(await takeDataFolder(dataDir));
  const flags = { port: 0, data: dataDir, demo: false, lan: false, dev: false, resetDemo: false };
  const env = { ...process.env, LOG_LEVEL: 'warn', MEDIA_RTC_PORT: '0', MEDIA_CONTROL_PORT: '0' };
  const ports = await settlePorts(flags, env);
  const found = {
    redis: await ensureRedis(),
    mongo: await ensureMongo(),
    ffmpeg: await ensureFfmpeg(),
    mediaWorker: await ensureMediaWorker(),
  };
  const addresses = await settleAddresses(flags, env, dataDir, ports, found);
  const secrets = loadSecrets(dataDir);
  const logs = openLogs(join(dataDir, 'logs'), () => undefined);
  const gates = new Map<string, Promise<void>>();

  const plan = planShow(addresses, found, flags, secrets, env);
  const waves = plan.waves.map((wave) =>
    wave
      .filter(({ name }) => name !== 'mail')
      .map((part) => ({
        name: part.name,
        async start(onOutput: (chunk: Buffer) => void) {
          await gates.get(part.name);
          return part.start ? part.start(onOutput) : startScript({ ...part.script, name: part.name }, logs);
        },
      })),
  );
  const pause = () => ({ inARow: 0, pauseMs: 50 });
  const show = opening.use(await raiseShow({ ...plan, waves }, folder, { tell: () => undefined, pause }));

  const { DATA_DIR: _, ...server } = environmentFor('server', addresses, flags, secrets);
  const config = parseConfig({ ...server, DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  const partOf = (name: PartName) => {
    const part = show.parts.get(name);
    if (part === undefined) throw new Error(`this installation has no ${name}`);
    return part;
  };
  const killed = (name: PartName) => {
    const part = partOf(name);
    const pid = part.pid();
    process.kill(pid, 'SIGKILL');
    return () => eventually(() => ![0, pid].includes(part.pid()), `${name} is back`, 40_000);
  };
  const open = opening.move();
  return {
    address: config.http.publicUrl,
    config,
    openSecond: () =>
      compose({ ...config, http: { ...config.http, port: 0, publicUrl: 'http://localhost:0' } }),
    async visit(handle, address = config.http.publicUrl) {
      const person = new Person(address);
      if (handle !== undefined) await person.signUp(handle);
      return person;
    },
    kill: async (name) => (await killed(name))(),
    async putDown(name) {
      const gate = Promise.withResolvers<void>();
      gates.set(name, gate.promise);
      const isBack = await killed(name);
      return {
        async [Symbol.asyncDispose]() {
          gates.delete(name);
          gate.resolve();
          await isBack();
        },
      };
    },
    async simulator(method, path, body) {
      const response = await fetch(`${config.payments.simulatorUrl}/_sim/${path}`, {
        method,
        headers: { authorization: `Bearer ${config.payments.secretKey}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`the simulator answered ${response.status} to ${method} ${path}`);
      return z.unknown().parse(await response.json());
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Polls until it holds; fails after `withinMs`, naming what did not come about. */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  what: string,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
