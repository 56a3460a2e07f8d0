import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/**
 * Fails the build when a page's first load — the entry, the page's chunk and all that they import statically — needs
 * more than so many kilobytes (1000 bytes) of gzipped script.
 */
export function firstLoadLimit({ page, kilobytes }: { page: string; kilobytes: number }): Plugin {
  return {
    name: 'first-load-limit',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
      const wanted = chunks.filter(
        ({ isEntry, facadeModuleId }) => isEntry || facadeModuleId?.replaceAll('\\', '/').endsWith(page),
      );
      if (wanted.length < 2)
        this.error(`the first load of ${page} cannot be measured: it is no chunk of its own`);
      const seen = new Set<string>();
      for (let names = wanted.map(({ fileName }) => fileName); names.length > 0; ) {
        const name = names.pop() ?? '';
        if (seen.has(name)) continue;
        seen.add(name);
        names = names.concat(byName.get(name)?.imports ?? []);
      }
      const size =
        [...seen].reduce((sum, name) => sum + gzipSync(byName.get(name)?.code ?? '').length, 0) / 1000;
      const words = `first load of ${page}: ${size.toFixed(0)} of ${kilobytes} KB of script, compressed`;
      if (size > kilobytes) this.error(words);
      else console.log(words);
    },
  };
}
