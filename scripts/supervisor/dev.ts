import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Show } from './show.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Which processes a changed source concerns. */
export function partsOf(source: string): string[] {
  if (!/\.(ts|lua)$/.test(source) || source.endsWith('.test.ts')) return [];
  if (source.startsWith('server/')) return ['server', 'workers', 'media'];
  if (source.startsWith('media/')) return ['media'];
  return source.startsWith('workers/') ? ['workers'] : [];
}

/** Renews a process when its sources change, and rebuilds the page when the page's do, until disposed. */
export function watchSources(show: Show, tell: (text: string) => void): Disposable {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const renew = () => {
    const names = [...changed];
    changed.clear();
    tell(`sources changed: renewing ${names.join(', ')}`);
    for (const name of names)
      show.parts
        .get(name)
        ?.renew()
        .catch((fault: unknown) => tell(String(fault)));
  };
  const watchers = ['server', 'media', 'workers'].map((folder) =>
    watch(`${root}${folder}`, { recursive: true }, (_event, name) => {
      const concerned = partsOf(`${folder}/${name ?? ''}`);
      if (concerned.length === 0) return;
      for (const part of concerned) changed.add(part);
      clearTimeout(timer);
      timer = setTimeout(renew, 200);
    }),
  );
  const page: ChildProcess = spawn(
    'vite',
    ['build', '--config', 'web/vite.config.ts', '--watch', '--logLevel', 'warn'],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      page.kill();
    },
  };
}
