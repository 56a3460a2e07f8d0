import type { Secrets } from './secrets.ts';

/** The processes of a show that are ours to start, besides the stores. */
export type Part = 'mail' | 'stripe-sim' | 'media' | 'server' | 'workers' | 'demo';

/** Where everything of one run is. Ports are settled before the first process starts, so a restart changes none. */
export type Addresses = {
  dataDir: string;
  host: string;
  port: number;
  publicUrl: string;
  /** The same server as its neighbours on this machine reach it. */
  ownUrl: string;
  publicIp: string;
  tls: { cert: string; key: string } | undefined;
  redisUrl: string;
  mongoUri: string;
  stripe: { secretKey: string; publishableKey: string; webhookSecret: string } | { simulatorPort: number };
  mail: { smtpPort: number; httpPort: number } | { smtpUrl: string };
  mediaRtcPort: number;
  mediaControlPort: number;
  mediaWorkerBin: string;
  ffmpegBin: string;
};

type Environment = Record<string, string>;

/** The variables one process gets on top of the caller's environment. */
export function environmentFor(
  part: Part,
  addresses: Addresses,
  { demo }: { demo: boolean },
  secrets: Secrets,
): Environment {
  const common = {
    DATA_DIR: addresses.dataDir,
    ...(addresses.tls ? { NODE_EXTRA_CA_CERTS: addresses.tls.cert } : {}),
  };
  const stores = { REDIS_URL: addresses.redisUrl, MONGODB_URI: addresses.mongoUri };
  const media = { MEDIA_CONTROL_TOKEN: secrets.mediaControlToken, FFMPEG_BIN: addresses.ffmpegBin };
  const house = {
    ...common,
    ...stores,
    ...media,
    HOST: addresses.host,
    PORT: String(addresses.port),
    PUBLIC_URL: addresses.publicUrl,
    PUBLIC_IP: addresses.publicIp,
    ...(addresses.tls ? { TLS_CERT: addresses.tls.cert, TLS_KEY: addresses.tls.key } : {}),
    DEMO: demo ? '1' : '0',
    SETUP_LINK_TOKEN: secrets.setupLinkToken,
    ...stripeKeys(addresses.stripe, secrets),
    SMTP_URL:
      'smtpUrl' in addresses.mail ? addresses.mail.smtpUrl : `smtp://127.0.0.1:${addresses.mail.smtpPort}`,
  };
  switch (part) {
    case 'server':
    case 'workers':
      return house;
    case 'demo':
      return { ...house, DEMO_URL: addresses.ownUrl };
    case 'media':
      return {
        ...common,
        ...stores,
        ...media,
        PUBLIC_IP: addresses.publicIp,
        MEDIA_RTC_PORT: String(addresses.mediaRtcPort),
        MEDIA_CONTROL_PORT: String(addresses.mediaControlPort),
        MEDIASOUP_WORKER_BIN: addresses.mediaWorkerBin,
      };
    case 'stripe-sim':
      return {
        ...common,
        ...stripeKeys(addresses.stripe, secrets),
        STRIPE_SIM_PORT: 'simulatorPort' in addresses.stripe ? String(addresses.stripe.simulatorPort) : '0',
        STRIPE_WEBHOOK_URL: `${addresses.ownUrl}/api/v1/webhooks/stripe`,
      };
    case 'mail':
      return {
        ...common,
        ...('smtpPort' in addresses.mail
          ? {
              MAIL_SMTP_PORT: String(addresses.mail.smtpPort),
              MAIL_HTTP_PORT: String(addresses.mail.httpPort),
            }
          : {}),
      };
  }
}

function stripeKeys(stripe: Addresses['stripe'], secrets: Secrets): Environment {
  if ('simulatorPort' in stripe)
    return {
      STRIPE_SECRET_KEY: secrets.simulatorSecretKey,
      STRIPE_PUBLISHABLE_KEY: secrets.simulatorPublishableKey,
      STRIPE_WEBHOOK_SECRET: secrets.webhookSecret,
      STRIPE_API_URL: `http://127.0.0.1:${stripe.simulatorPort}`,
    };
  return {
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_PUBLISHABLE_KEY: stripe.publishableKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
  };
}
