import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readRunState } from '../../scripts/supervisor/data-folder.ts';

const scripts = new URL('../../scripts/', import.meta.url);

const fake = `
  import { appendFileSync } from 'node:fs';
  const { NAME, TRACE } = process.env;
  const trace = (text) => appendFileSync(TRACE, NAME + ' ' + text + '\\n');
  process.once('SIGTERM', () => { trace('stopped'); process.exit(0); });
  setInterval(() => undefined, 1000);
  trace('up ' + process.pid);
  console.log('READY ' + NAME + ' here');
`;

const runner = `
  import { raiseShow } from '${new URL('supervisor/show.ts', scripts)}';
  import { takeDataFolder } from '${new URL('supervisor/data-folder.ts', scripts)}';
  const { FOLDER, FAKE, TRACE, NAMES } = process.env;
  using folder = await takeDataFolder(FOLDER);
  const part = (name) => ({ name, script: { file: FAKE, env: { ...process.env, NAME: name, TRACE } } });
  const waves = NAMES.split('|').map((wave) => wave.split(' ').map(part));
  const pause = (restarts) => ({ inARow: restarts.inARow + 1, pauseMs: 10 });
  await using show = await raiseShow({ url: 'here', waves }, folder, { tell: console.log, pause });
  console.log('on');
  await new Promise((resolve) => process.once('SIGTERM', resolve));
`;

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dropcast-supervisor-'));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const pid of Object.values(readRunState(folder)?.parts ?? {}))
    if (isAlive(pid.pid)) process.kill(pid.pid, 9);
  rmSync(folder, { recursive: true, force: true });
});

async function openShow(names: string): Promise<ChildProcess> {
  writeFileSync(join(folder, 'fake.mjs'), fake);
  writeFileSync(join(folder, 'runner.mjs'), runner);
  const env = {
    ...process.env,
    FOLDER: folder,
    FAKE: join(folder, 'fake.mjs'),
    TRACE: join(folder, 'trace'),
    NAMES: names,
  };
  const child = spawn(process.execPath, [join(folder, 'runner.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += String(chunk);
  });
  await vi.waitUntil(() => said.includes('on\n'), { timeout: 8000 });
  return child;
}

const trace = () => readFileSync(join(folder, 'trace'), 'utf8').trim().split('\n');
const pidOf = (name: string) => readRunState(folder)?.parts[name]?.pid ?? 0;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

describe('a show', () => {
  test('brings a killed part back under a new process, and leaves the others alone', async () => {
    await openShow('store|server workers');
    const before = { server: pidOf('server'), store: pidOf('store') };
    process.kill(before.server, 'SIGKILL');
    await vi.waitUntil(() => ![0, before.server].includes(pidOf('server')), { timeout: 5000 });
    expect(isAlive(pidOf('server'))).toBe(true);
    expect(pidOf('store')).toBe(before.store);
    expect(readRunState(folder)?.parts.server?.restarts).toBe(1);
  });

  test('stops its parts one by one in reverse order on SIGTERM, and leaves nothing running', async () => {
    const show = await openShow('store|media workers server|demo');
    const pids = ['store', 'media', 'workers', 'server', 'demo'].map(pidOf);
    show.kill('SIGTERM');
    expect((await once(show, 'exit'))[0]).toBe(0);
    expect(trace().filter((line) => line.endsWith('stopped'))).toEqual(
      ['demo', 'server', 'workers', 'media', 'store'].map((name) => `${name} stopped`),
    );
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(folder, 'run.lock'))).toBe(false);
  });

  test('takes its parts with it when it is killed, and the next one waits until they are gone', async () => {
    const show = await openShow('store|server');
    const pids = ['store', 'server'].map(pidOf);
    show.kill('SIGKILL');
    await openShow('store|server');
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('ends with the part and its last words when a part dies before it is ready', async () => {
    writeFileSync(join(folder, 'broken.mjs'), "console.error('no such luck'); process.exit(3);");
    const { raiseShow } = await import('../../scripts/supervisor/show.ts');
    const { takeDataFolder } = await import('../../scripts/supervisor/data-folder.ts');
    using taken = await takeDataFolder(folder);
    const script = { file: join(folder, 'broken.mjs'), env: process.env };
    const told: string[] = [];
    const raising = raiseShow({ url: '', waves: [[{ name: 'server', script }]] }, taken, {
      tell: (text) => told.push(text),
    });
    await expect(raising).rejects.toThrow(/server ended with code 3 before it was ready.*server\.log/);
    expect(told).toContain('server: no such luck');
  });
});

describe('a start', () => {
  async function failedStart(words: string[], env: NodeJS.ProcessEnv): Promise<string> {
    const code = `import { start } from '${new URL('start.ts', scripts)}'; process.exit(await start(process.argv.slice(1)));`;
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', code, '--', ...words, '--data', folder],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'pipe'] },
    );
    children.push(child);
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += String(chunk);
    });
    const [status] = await once(child, 'close');
    expect(status).not.toBe(0);
    return said;
  }

  test('refuses a taken port by the name of the setting it came from', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    expect(await failedStart([], { PORT: port })).toContain(`PORT: port ${port} on 127.0.0.1 is taken`);
    expect(await failedStart(['--port', port], {})).toContain(`--port: port ${port}`);
    await new Promise((resolve) => taken.close(resolve));
  });

  test('refuses a media port that is taken for UDP alone', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '0.0.0.0', resolve));
    const { port } = taken.address();
    expect(await failedStart(['--port', '0'], { MEDIA_RTC_PORT: String(port) })).toContain(
      `MEDIA_RTC_PORT: port ${port}`,
    );
    taken.close();
  });

  test('refuses a data folder that another one runs on', async () => {
    await openShow('store');
    expect(await failedStart(['--port', '0'], {})).toMatch(/another Dropcast \(process \d+\) runs on/);
  });

  test('refuses an unknown flag and lists those there are', async () => {
    const said = await failedStart(['--prot', '3000'], {});
    expect(said).toContain("Unknown option '--prot'");
    expect(said).toContain('--reset-demo');
  });
});
