import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import { escapeHtml } from '../platform/html.ts';

const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));

/** What a page says about itself before its script runs: for tabs, search and shared links. */
export type PageWords = { title: string; description: string; image?: string };

/** The built web app: hashed files for ever, every other address its one page with title and card filled in. */
export function pages(describe: (path: string) => Promise<PageWords | undefined>): Router {
  const router = Router();
  router.use(
    '/assets',
    express.static(`${dist}assets`, { immutable: true, maxAge: '365d', fallthrough: false }),
  );
  router.use(express.static(dist, { index: false, maxAge: '1h' }));
  router.get(/^\/(?!api\/).*/, page(describe));
  return router;
}

function page(describe: (path: string) => Promise<PageWords | undefined>): RequestHandler {
  return async (request, response) => {
    if (!existsSync(`${dist}index.html`)) {
      response.status(503).type('text').send('The page is not built yet: npm run build');
      return;
    }
    const html = readFileSync(`${dist}index.html`, 'utf8');
    const words = await describe(request.path).catch(() => undefined);
    response.setHeader('cache-control', 'no-cache');
    response.type('html').send(words ? withWords(html, words) : html);
  };
}

function withWords(html: string, { title, description, image }: PageWords): string {
  const tags = [
    `<title>${escapeHtml(title)}</title>`,
    `<meta property="og:title" content="${escapeHtml(title)}">`,
    `<meta name="description" property="og:description" content="${escapeHtml(description)}">`,
    ...(image ? [`<meta property="og:image" content="${escapeHtml(image)}">`] : []),
  ];
  return html.replace(/<title>.*?<\/title>/s, () => tags.join('\n    '));
}
