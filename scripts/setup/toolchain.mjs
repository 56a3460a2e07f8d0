// Runs on the system's Node 20 before anything is installed: Node built-ins only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const projectNode = join(bin, 'node');
const marker = join(root, 'node_modules', '.installed-lock-hash');
const lock = join(root, '.cache', 'setup.lock');
let hasFailed = false;

/**
 * Returns only under the project's own Node with every package in place: installs what is missing, then starts
 * this script again and exits with that run's status. If set-up fails, `lastWords` end the output.
 * @param {{ lastWords?: string }} [options]
 */
export async function enterToolchain({ lastWords = '' } = {}) {
  process.chdir(root);
  process.once('exit', () => hasFailed && lastWords && console.log(lastWords));
  const [major] = process.versions.node.split('.').map(Number);
  if (major === undefined || major < 20)
    fail(`Node ${process.versions.node} is too old: Dropcast starts on Node 20 or newer.`);

  const isInstalling = !isInstalled();
  if (isInstalling) await underLock(install);
  if (isInstalling || !isProjectNode()) process.exit(await again());
}

/** Whether the packages in place are those of the lock file. */
export function isInstalled() {
  return existsSync(projectNode) && existsSync(marker) && readFileSync(marker, 'utf8') === lockHash();
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function isProjectNode() {
  return realpathSync(process.execPath) === realpathSync(projectNode);
}

async function install() {
  if (isInstalled()) return;
  const started = Date.now();
  say('installing packages (npm ci), about a minute the first time');
  const ticking = setInterval(() => say(`still installing, ${seconds(started)}`), 10_000);
  const env = {
    ...process.env,
    // npm ci deletes node_modules/.bin/node, so it must not run on it.
    PATH: withoutOurBin(process.env.PATH ?? ''),
    // npm 10 knows no allowScripts: with this set, mediasoup's script leaves the worker to setup:media.
    MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN ?? join(root, '.cache', 'mediasoup-worker'),
  };
  const status = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], env);
  clearInterval(ticking);
  if (status !== 0)
    fail('npm ci failed, in its own words above. If it misses packages in the lock file: npm run lock');
  writeFileSync(marker, lockHash());
  say(`packages are in place after ${seconds(started)}`);
}

/**
 * One run at a time for this folder, or for whatever `file` stands for: the holder touches the lock every second,
 * and one left untouched is a dead run's.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [file]
 * @returns {Promise<T>}
 */
export async function underLock(work, file = lock) {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !take(file); told = true) {
    if (!told) say('another run is setting up; waiting for it');
    await wait(200 + Math.random() * 300);
    if (age(file) > 15_000) rmSync(file, { force: true });
  }
  const beating = setInterval(() => existsSync(file) && utimesSync(file, new Date(), new Date()), 1000);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beating);
    process.removeListener('exit', release);
    release();
  }
}

function take(/** @type {string} */ file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'EEXIST') return false;
    throw fault;
  }
}

function age(/** @type {string} */ file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}

function again() {
  const PATH = `${bin}${delimiter}${withoutOurBin(process.env.PATH ?? '')}`;
  const env = { ...process.env, PATH, DROPCAST_STARTER: String(process.pid) };
  return run(projectNode, [...process.execArgv, ...process.argv.slice(1)], env);
}

function withoutOurBin(/** @type {string} */ path) {
  return path
    .split(delimiter)
    .filter((folder) => folder !== bin)
    .join(delimiter);
}

/**
 * Runs a child on our terminal, passes on the signals we get, and answers its exit status.
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<number>}
 */
function run(command, args, env) {
  const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' });
  const passOn = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGINT', passOn).off('SIGTERM', passOn);
      resolve(code ?? 1);
    });
  });
}

const seconds = (/** @type {number} */ started) => `${Math.round((Date.now() - started) / 1000)} s`;

function say(/** @type {string} */ text) {
  console.log(`[setup] ${text}`);
}

/** @param {string} text @returns {never} */
function fail(text) {
  hasFailed = true;
  console.error(`[setup] ${text}`);
  process.exit(1);
}
