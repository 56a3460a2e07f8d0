import { parseArgs } from 'node:util';

/** What `npm start` was asked for. `port` undefined = PORT or 3000. */
export type Flags = {
  port: number | undefined;
  data: string | undefined;
  lan: boolean;
  demo: boolean;
  resetDemo: boolean;
  dev: boolean;
};

/** The words of `--help`. */
export const help = `npm start -- [flags]     puts a show on: stores, server, media, workers, mail catcher, payment simulator
  --port N       the page's port (default: PORT, else 3000)
  --data FOLDER  where everything is kept (default: DATA_DIR, else .data)
  --lan          serve the local network: TLS with a generated certificate, the LAN address offered to browsers
  --no-demo      no demo show and no demo sign-ins
  --reset-demo   forget what the stores of this folder hold and seed the demo anew
  --help         this text
Real services take the place of the built-in ones through REDIS_URL, MONGODB_URI, STRIPE_SECRET_KEY, SMTP_URL.`;

/** Reads the command line; the answer is the flags, a wish for help, or what is wrong with it. */
export function parseFlags(words: readonly string[]): Flags | { help: true } | { fault: string } {
  try {
    const { values } = parseArgs({
      args: [...words],
      allowNegative: true,
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        lan: { type: 'boolean', default: false },
        demo: { type: 'boolean', default: true },
        'reset-demo': { type: 'boolean', default: false },
        dev: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { help: true };
    const port = values.port === undefined ? undefined : Number(values.port || Number.NaN);
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      return { fault: `--port takes a number from 0 to 65535, not "${values.port}"` };
    if (values.data === '') return { fault: '--data takes a folder' };
    return {
      port,
      data: values.data,
      lan: values.lan,
      demo: values.demo,
      resetDemo: values['reset-demo'],
      dev: values.dev,
    };
  } catch (fault) {
    return {
      fault: fault instanceof Error ? (fault.message.split('. ')[0] ?? fault.message) : String(fault),
    };
  }
}
