import { expect, test } from 'vitest';
import { type Addresses, environmentFor } from './environment.ts';

const secrets = {
  webhookSecret: 'whsec_own',
  simulatorSecretKey: 'sk_test_own',
  simulatorPublishableKey: 'pk_test_own',
  mediaControlToken: 'control',
  setupLinkToken: 'link',
};

const addresses: Addresses = {
  dataDir: '/data',
  host: '127.0.0.1',
  port: 3000,
  publicUrl: 'http://localhost:3000',
  ownUrl: 'http://127.0.0.1:3000',
  publicIp: '127.0.0.1',
  tls: undefined,
  redisUrl: '/data/redis/redis.sock',
  mongoUri: 'mongodb://127.0.0.1:1234/dropcast',
  stripe: { simulatorPort: 3001 },
  mail: { httpPort: 3002, smtpPort: 3003 },
  mediaRtcPort: 44_400,
  mediaControlPort: 0,
  mediaWorkerBin: '/cache/worker',
  ffmpegBin: '/usr/bin/ffmpeg',
};

const demo = { demo: true };

test('server and workers get the same house: stores, public address, simulated payments, caught mail', () => {
  const server = environmentFor('server', addresses, demo, secrets);
  expect(server).toEqual({
    DATA_DIR: '/data',
    REDIS_URL: '/data/redis/redis.sock',
    MONGODB_URI: 'mongodb://127.0.0.1:1234/dropcast',
    MEDIA_CONTROL_TOKEN: 'control',
    FFMPEG_BIN: '/usr/bin/ffmpeg',
    HOST: '127.0.0.1',
    PORT: '3000',
    PUBLIC_URL: 'http://localhost:3000',
    PUBLIC_IP: '127.0.0.1',
    DEMO: '1',
    SETUP_LINK_TOKEN: 'link',
    STRIPE_SECRET_KEY: 'sk_test_own',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_own',
    STRIPE_WEBHOOK_SECRET: 'whsec_own',
    STRIPE_API_URL: 'http://127.0.0.1:3001',
    SMTP_URL: 'smtp://127.0.0.1:3003',
  });
  expect(environmentFor('workers', addresses, demo, secrets)).toEqual(server);
});

test('given payment keys go in as they are, without an address of the simulator', () => {
  const stripe = { secretKey: 'sk_test_a', publishableKey: 'pk_test_a', webhookSecret: 'whsec_a' };
  const server = environmentFor('server', { ...addresses, stripe }, demo, secrets);
  expect(server).toMatchObject({
    STRIPE_SECRET_KEY: 'sk_test_a',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_a',
    STRIPE_WEBHOOK_SECRET: 'whsec_a',
  });
  expect(server).not.toHaveProperty('STRIPE_API_URL');
});

test('the simulator knows where webhooks go and signs them with the secret that the server checks', () => {
  expect(environmentFor('stripe-sim', addresses, demo, secrets)).toMatchObject({
    STRIPE_SIM_PORT: '3001',
    STRIPE_WEBHOOK_URL: 'http://127.0.0.1:3000/api/v1/webhooks/stripe',
    STRIPE_WEBHOOK_SECRET: 'whsec_own',
    STRIPE_SECRET_KEY: 'sk_test_own',
  });
});

test('media knows nothing of money and nothing of the first operator', () => {
  const names = Object.keys(environmentFor('media', addresses, demo, secrets));
  expect(names).toContain('MEDIASOUP_WORKER_BIN');
  expect(names.filter((name) => /STRIPE|SETUP|SMTP/.test(name))).toEqual([]);
});

test('on the local network every part trusts the certificate that the server shows', () => {
  const tls = { cert: '/data/lan.crt', key: '/data/lan.key' };
  const lan = {
    ...addresses,
    tls,
    host: '0.0.0.0',
    publicUrl: 'https://192.168.1.7:3000',
    ownUrl: 'https://127.0.0.1:3000',
    publicIp: '192.168.1.7',
  };
  for (const part of ['server', 'workers', 'stripe-sim', 'demo', 'mail', 'media'] as const)
    expect(environmentFor(part, lan, demo, secrets).NODE_EXTRA_CA_CERTS).toBe('/data/lan.crt');
  expect(environmentFor('server', lan, demo, secrets)).toMatchObject({
    TLS_CERT: '/data/lan.crt',
    TLS_KEY: '/data/lan.key',
    PUBLIC_IP: '192.168.1.7',
  });
  expect(environmentFor('demo', lan, demo, secrets).DEMO_URL).toBe('https://127.0.0.1:3000');
});

test('without the demo nobody is offered its sign-ins', () => {
  expect(environmentFor('server', addresses, { demo: false }, secrets).DEMO).toBe('0');
});
