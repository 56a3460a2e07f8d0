import { permissions } from '#contract/permissions.ts';
import { escapeHtml } from '../platform/html.ts';
import type { LiveMessage } from './live/message.ts';
import type { Route } from './route.ts';

/** A page that lists every route and live message, for people; no script, so no policy needs to bend. */
export function docsPage(routes: readonly Route[], messages: readonly LiveMessage[]): string {
  const routeRows = routes
    .toSorted((a, b) => a.path.localeCompare(b.path))
    .map(
      (one) =>
        `<tr><td><code>${one.method.toUpperCase()}</code></td><td><code>/api/v1${escapeHtml(one.path)}</code></td>` +
        `<td>${escapeHtml(one.summary)}</td><td>${permissions[one.action].who.join(', ')}</td></tr>`,
    );
  const messageRows = messages
    .toSorted((a, b) => a.t.localeCompare(b.t))
    .map(
      (one) =>
        `<tr><td><code>${escapeHtml(one.t)}</code></td><td>${one.inRoom ? 'in a room' : 'anywhere'}</td>` +
        `<td>${permissions[one.action].who.join(', ')}</td></tr>`,
    );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Dropcast API</title>
<link rel="stylesheet" href="/api/docs.css"><main><h1>Dropcast API</h1>
<p>The machine-readable form: <a href="/api/openapi.json">OpenAPI 3.1</a>. Errors are problem details (RFC 9457).
Unsafe methods need the header <code>x-dropcast</code>; creating ones an <code>Idempotency-Key</code>.</p>
<table><caption>HTTP</caption><tr><th>Method<th>Path<th>Purpose<th>Who</tr>${routeRows.join('')}</table>
<table><caption>Websocket, <code>/live</code>, subprotocol <code>live.v1.json</code></caption>
<tr><th>Message<th>Where<th>Who</tr>${messageRows.join('')}</table></main></html>`;
}

export const docsStyle = `body{font:15px/1.6 system-ui,sans-serif;margin:0;background:#f5f5f0;color:#16191b}
main{max-width:70rem;margin:0 auto;padding:2rem}table{border-collapse:collapse;width:100%;background:#fff;margin:1.5rem 0}
td,th{padding:.4rem .75rem;border-bottom:1px solid #e1e2d9;text-align:left;vertical-align:top}
caption{text-align:left;font-weight:650;padding:.5rem 0}a{color:#4a6100}`;
