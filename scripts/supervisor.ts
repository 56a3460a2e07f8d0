import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { buildPage } from './setup/page.ts';
import { prepareShow } from './setup/prepare.ts';
import { demoRefusal, settleAddresses, settlePorts } from './supervisor/addresses.ts';
import { forgetShow, takeDataFolder } from './supervisor/data-folder.ts';
import { watchSources } from './supervisor/dev.ts';
import type { Addresses } from './supervisor/environment.ts';
import type { Flags } from './supervisor/flags.ts';
import { planShow } from './supervisor/plan.ts';
import { loadSecrets, type Secrets } from './supervisor/secrets.ts';
import { raiseShow } from './supervisor/show.ts';

const SignIns = z.array(z.object({ role: z.string(), handle: z.string(), password: z.string() }));

/** Puts a show on and keeps it on until SIGINT or SIGTERM, then stops every part in order. */
export async function supervise(asked: Flags, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const stop = stopAsked(env);
  try {
    await untilStopped(asked, env, stop);
  } catch (fault) {
    if (!stop.aborted) throw fault;
    say('stopped before it was on');
  }
}

async function untilStopped(asked: Flags, env: NodeJS.ProcessEnv, stop: AbortSignal): Promise<void> {
  const started = performance.now();
  const refusal = asked.demo ? demoRefusal(env) : undefined;
  if (refusal) say(`no demo show: ${refusal}`);
  const flags = { ...asked, demo: asked.demo && !refusal };
  const dataDir = resolve(flags.data ?? env.DATA_DIR ?? '.data');
  using folder = await takeDataFolder(dataDir);
  const ports = await settlePorts(flags, env);
  if (flags.resetDemo) reset(dataDir, env);
  const found = await unless(
    stop,
    buildPage().then(() => prepareShow(dataDir)),
  );
  const addresses = await settleAddresses(flags, env, dataDir, ports, found);
  const secrets = loadSecrets(dataDir);
  const plan = planShow(addresses, found, flags, secrets, env);

  say('starting');
  await using show = await raiseShow(plan, folder, { tell: say, signal: stop });
  using _watch = flags.dev ? watchSources(show, say) : undefined;
  printAddresses(addresses, flags, secrets, (performance.now() - started) / 1000);
  if (!stop.aborted) await once(stop, 'abort');
  say('stopping');
}

/** The work's answer, or a rejection as soon as the signal aborts. */
async function unless<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const giveUp = () => stopped.reject(stop.reason);
  stop.addEventListener('abort', giveUp);
  if (stop.aborted) giveUp();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    stop.removeEventListener('abort', giveUp);
  }
}

/** Aborts on SIGINT, SIGTERM, or when the process that started this one is gone; asked again later, it ends at once. */
function stopAsked(env: NodeJS.ProcessEnv): AbortSignal {
  const controller = new AbortController();
  let askedAt: number | undefined;
  const ask = () => {
    askedAt ??= performance.now();
    // One Ctrl-C may arrive twice: from the terminal, and passed on by the process above.
    if (performance.now() - askedAt > 2000) process.exit(1);
    controller.abort(new Error('asked to stop'));
  };
  process.on('SIGINT', ask).on('SIGTERM', ask).on('SIGHUP', ask);
  // Not every one above passes signals on: npm's shell, for one, dies alone.
  const starter = process.ppid;
  if (env.DROPCAST_STARTER === String(starter) || env.npm_lifecycle_event !== undefined)
    setInterval(() => process.ppid !== starter && controller.abort(), 1000).unref();
  return controller.signal;
}

function reset(dataDir: string, env: NodeJS.ProcessEnv): void {
  const given = ['REDIS_URL', 'MONGODB_URI'].filter((name) => env[name]);
  if (given.length > 0)
    throw new Error(`--reset-demo empties only stores of our own, and ${given.join(' and ')} name others`);
  forgetShow(dataDir);
  say(`forgot the show of ${dataDir}`);
}

function printAddresses(addresses: Addresses, { demo }: Flags, secrets: Secrets, seconds: number): void {
  const { dataDir, mail, publicUrl } = addresses;
  const lines = [
    `Dropcast is on ${publicUrl} after ${seconds.toFixed(1)} s`,
    ...('httpPort' in mail ? [`mail it sends: http://127.0.0.1:${mail.httpPort}`] : []),
    ...('simulatorPort' in addresses.stripe
      ? [`payments are test money, simulated on http://127.0.0.1:${addresses.stripe.simulatorPort}`]
      : []),
    `data and logs: ${dataDir}`,
    `who opens this first, signed in, is the first operator: ${publicUrl}/first-operator/${secrets.setupLinkToken}`,
    ...(demo ? signIns(dataDir) : []),
    'Ctrl-C stops it.',
  ];
  console.log(`\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

function signIns(dataDir: string): string[] {
  const file = join(dataDir, 'sign-ins.json');
  if (!existsSync(file)) return [];
  const all = SignIns.parse(JSON.parse(readFileSync(file, 'utf8')));
  return [
    'demo sign-ins:',
    ...all.map((one) => `  ${one.role.padEnd(12)} ${one.handle.padEnd(12)} ${one.password}`),
  ];
}

function say(text: string): void {
  console.log(`[dropcast] ${text}`);
}
