import type { Mail } from './mailbox.ts';

/** A page that shows the mails, newest first, each folded under its subject. */
export function mailPage(mails: readonly Mail[]): string {
  const items = mails.map(
    ({ at, from, subject, text, to }) =>
      `<details><summary><time>${escaped(at)}</time> <b>${escaped(subject || '(no subject)')}</b> to ${escaped(to.join(', '))}</summary>
<p>from ${escaped(from)}</p><pre>${escaped(text)}</pre></details>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail sent by Dropcast</title>
<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
summary{cursor:pointer;padding:.5rem 0}pre{white-space:pre-wrap}time{opacity:.6;font-size:.8em}</style>
<h1>Mail sent by Dropcast</h1>
${items.join('\n') || '<p>None yet.</p>'}</html>`;
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}
