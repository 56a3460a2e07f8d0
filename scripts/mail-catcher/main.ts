import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { stopSignal } from '#server/platform/lifetime.ts';
import { openMailbox } from './mailbox.ts';
import { mailPage } from './page.ts';

const { DATA_DIR = '.data', MAIL_SMTP_PORT = '0', MAIL_HTTP_PORT = '0' } = process.env;
const mailbox = await openMailbox(join(DATA_DIR, 'mail'));

const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  size: 10 << 20,
  onData(stream, _session, done) {
    mailbox.keep(stream).then(() => done(), done);
  },
});
smtp.on('error', (fault) => console.error(fault.message));

const web = createServer((request, response) => {
  answer(request, response).catch((fault: unknown) => {
    console.error(fault);
    response.writeHead(500).end();
  });
});

await new Promise<void>((resolve) => smtp.listen(Number(MAIL_SMTP_PORT), '127.0.0.1', resolve));
await new Promise<void>((resolve) => web.listen(Number(MAIL_HTTP_PORT), '127.0.0.1', resolve));
console.log(`READY mail ${addressOf('smtp', smtp.server.address())} ${addressOf('http', web.address())}`);

await stopSignal();
web.closeAllConnections();
await Promise.all([new Promise<void>((done) => smtp.close(done)), new Promise((done) => web.close(done))]);

async function answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (method !== 'GET') return void response.writeHead(405).end();
  const to = searchParams.get('to')?.toLowerCase();
  const mails = mailbox.list().filter((mail) => to === undefined || mail.to.includes(to));
  if (pathname === '/') {
    // A mail's words are never markup here, and nothing is loaded for it.
    const policy = "default-src 'none'; style-src 'unsafe-inline'";
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
    });
    response.end(mailPage(mails));
    return;
  }
  if (pathname === '/mails') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(mails));
    return;
  }
  response.writeHead(404).end();
}

function addressOf(scheme: string, address: ReturnType<typeof web.address>): string {
  if (address === null || typeof address === 'string') throw new Error(`${scheme} does not listen`);
  return `${scheme}://127.0.0.1:${address.port}`;
}
