import { join } from 'node:path';
import { freePort } from '../setup/free-port.ts';
import type { Foundations } from '../setup/prepare.ts';
import type { Addresses } from './environment.ts';
import type { Flags } from './flags.ts';
import { certificateFor, lanAddress } from './lan.ts';
import { refuseTaken } from './ports.ts';

/** The ports that a start needs, refused by the name of their setting when somebody else has them. */
export type Ports = { host: string; port: number; mediaRtcPort: number; mediaControlPort: number };

/** Settles the ports of a start; throws `PortTaken` or says which setting is no port. */
export async function settlePorts(flags: Flags, env: NodeJS.ProcessEnv): Promise<Ports> {
  const host = env.HOST || (flags.lan ? '0.0.0.0' : '127.0.0.1');
  const asked = flags.port ?? portIn(env, 'PORT', 3000);
  if (asked !== 0) await refuseTaken(flags.port === undefined ? 'PORT' : '--port', asked, host);
  const mediaRtcPort = portIn(env, 'MEDIA_RTC_PORT', 44_400);
  const workers = Number(env.MEDIA_WORKERS || 1);
  // Every worker has its own port from this one on; viewers come from anywhere.
  if (mediaRtcPort !== 0)
    for (let index = 0; index < workers; index += 1)
      await refuseTaken('MEDIA_RTC_PORT', mediaRtcPort + index, '0.0.0.0', true);
  const mediaControlPort = portIn(env, 'MEDIA_CONTROL_PORT', 0);
  if (mediaControlPort !== 0) await refuseTaken('MEDIA_CONTROL_PORT', mediaControlPort, '127.0.0.1');
  return { host, port: asked === 0 ? await freePort(0) : asked, mediaRtcPort, mediaControlPort };
}

/** Settles where every part of a run is, before the first one starts. */
export async function settleAddresses(
  flags: Flags,
  env: NodeJS.ProcessEnv,
  dataDir: string,
  ports: Ports,
  found: Foundations,
): Promise<Addresses> {
  const lan = flags.lan ? lanAddress() : undefined;
  if (flags.lan && lan === undefined)
    throw new Error('--lan: this machine has no address in a local network');
  const tls =
    lan === undefined ? givenCertificate(env) : await certificateFor(lan, join(dataDir, 'certificates'));
  const scheme = tls ? 'https' : 'http';
  const publicUrl = env.PUBLIC_URL || `${scheme}://${lan ?? 'localhost'}:${ports.port}`;
  const near = ['0.0.0.0', '::'].includes(ports.host) ? '127.0.0.1' : ports.host;
  // A given certificate stands for the public name alone.
  const isGiven = tls !== undefined && lan === undefined;
  return {
    dataDir,
    ...ports,
    publicUrl,
    ownUrl: isGiven ? publicUrl : `${scheme}://${near}:${ports.port}`,
    publicIp: env.PUBLIC_IP || (lan ?? '127.0.0.1'),
    tls,
    redisUrl: found.redis.url ?? join(dataDir, 'redis', 'redis.sock'),
    mongoUri:
      found.mongo.kind === 'address' ? found.mongo.uri : `mongodb://127.0.0.1:${await freePort(0)}/dropcast`,
    stripe: env.STRIPE_SECRET_KEY
      ? {
          secretKey: env.STRIPE_SECRET_KEY,
          publishableKey: required(env, 'STRIPE_PUBLISHABLE_KEY'),
          webhookSecret: required(env, 'STRIPE_WEBHOOK_SECRET'),
        }
      : { simulatorPort: await freePort(ports.port + 1) },
    mail: env.SMTP_URL
      ? { smtpUrl: env.SMTP_URL }
      : { httpPort: await freePort(ports.port + 2), smtpPort: await freePort(ports.port + 3) },
    mediaWorkerBin: found.mediaWorker.binary,
    ffmpegBin: found.ffmpeg.binary,
  };
}

/** Why there can be no demo, whose passwords everybody is told; `undefined` where there can. */
export function demoRefusal(env: NodeJS.ProcessEnv): string | undefined {
  if (env.STRIPE_SECRET_KEY?.startsWith('sk_live_')) return 'STRIPE_SECRET_KEY is for real money';
  if (!env.PUBLIC_URL || !URL.canParse(env.PUBLIC_URL)) return undefined;
  const { hostname } = new URL(env.PUBLIC_URL);
  const isPrivate = /^(localhost$|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\]$)/.test(hostname);
  return isPrivate ? undefined : 'PUBLIC_URL is open to everybody';
}

function givenCertificate({ TLS_CERT: cert, TLS_KEY: key }: NodeJS.ProcessEnv) {
  return cert && key ? { cert, key } : undefined;
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is missing: with STRIPE_SECRET_KEY set, it is needed too`);
  return value;
}

function portIn(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const port = env[name] ? Number(env[name]) : otherwise;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new Error(`${name} takes a number from 0 to 65535, not "${env[name]}"`);
  return port;
}
