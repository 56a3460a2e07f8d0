import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

// The shell becomes the program, so the child's pid is the program's. Beside it a watcher reads our end of a pipe:
// when we are gone, however we went, the pipe ends and the program is told to stop.
const guard = `
  exec 3<&0 </dev/null
  ( trap '' INT TERM; cat <&3 >/dev/null; kill -TERM $$ ) >/dev/null 2>&1 &
  exec 3<&-
  exec "$@"
`;

/** Starts a program that stops when this process ends, even by SIGKILL, and that Ctrl-C does not reach. */
export function guarded(program: string, args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn('/bin/sh', ['-c', guard, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env,
  });
}

/** How long SIGTERM is given before SIGKILL (10 s), and who hears what the child prints. */
export type StoppingOptions = {
  patienceMs?: number;
  onOutput?: ((chunk: Buffer) => void) | undefined;
};

/** Ways to end a child: `ended` says why it ended by itself or by us, `stop` ends it, `lastWords` is what it printed last. */
export function stopping(child: ChildProcess, name: string, options: StoppingOptions = {}) {
  const { onOutput, patienceMs = 10_000 } = options;
  const lastLines: string[] = [];
  const hear = (chunk: Buffer) => {
    onOutput?.(chunk);
    lastLines.push(...String(chunk).split('\n').filter(Boolean));
    lastLines.splice(0, lastLines.length - 10);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (fault) => resolve(`${name} could not be started: ${fault.message}`));
    child.once('close', (code, signal) => resolve(`${name} ended with ${signal ?? `code ${code}`}`));
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const stop = async () => {
    if (isOver()) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await exit;
    clearTimeout(force);
    child.stdin?.destroy();
  };
  const lastWords = () => lastLines.map((line) => `\n    ${line}`).join('');
  return { ended, stop, lastWords };
}
