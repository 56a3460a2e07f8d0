import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import express, { type Router } from 'express';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { build } from 'vite';
import { accept } from '#contract/errors.ts';
import { ChannelId, StreamId } from '#contract/ids.ts';
import { mediaLive } from '#contract/media.ts';
import type { Gateway } from '#server/gateway/gateway.ts';
import type { LiveMessage } from '#server/gateway/live/message.ts';
import { redisMediaDirectory } from '#server/media/directory.redis.ts';
import { createMedia, type Media, type MediaEngine } from '#server/media/index.ts';
import { processClock } from '#server/platform/clock.ts';
import { closeRedis, openRedis } from '#server/platform/redis.ts';
import { ensureChromium } from '../../scripts/setup/chromium.ts';
import { openTestGateway } from './gateway.ts';
import type { MediaStage } from './media.ts';
import type { UdpRelay } from './udp-relay.ts';

export type MediaServer = AsyncDisposable & Gateway & { media: Media; engine: MediaEngine };

/** Builds the page that shows a room's video and nothing else, in a folder of its own. */
export async function buildMediaPage(): Promise<Disposable & { router: Router }> {
  const outDir = mkdtempSync(join(tmpdir(), 'dropcast-media-page-'));
  await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('./media-page/', import.meta.url)),
    plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: { outDir, emptyOutDir: true, target: 'es2023', minify: false },
  });
  const router = express.Router();
  router.use(express.static(outDir));
  return { router, [Symbol.dispose]: () => rmSync(outDir, { recursive: true }) };
}

/**
 * A server with the media slice and the page, on a given port or a free one. A viewer whose handle has a relay reaches
 * the node through it.
 */
export async function openMediaServer(
  stage: MediaStage,
  router: Router,
  { port = 0, relays = {} }: { port?: number; relays?: Record<string, UdpRelay> } = {},
): Promise<MediaServer> {
  await using parts = new AsyncDisposableStack();
  const engine = await stage.openEngine();
  const redis = parts.adopt(openRedis(stage.redisUrl), closeRedis);
  const directory = redisMediaDirectory(redis, processClock);
  const media = parts.use(
    createMedia({
      engine,
      directory,
      streams: { get: async () => ({ channelId: ChannelId.parse('ch_hana'), state: 'live' }) },
    }),
  );
  const gateway = parts.use(
    await openTestGateway(stage.redisUrl, {
      http: { host: '127.0.0.1', port, publicUrl: `http://localhost:${port}`, tls: undefined },
      messages: media.messages.map((message) =>
        message.t === 'media.join' ? throughRelay(message, relays) : message,
      ),
      routes: media.routes,
      presence: {
        mayEnter: async () => 'yes',
        entered() {},
        heard: async () => {},
        left: (visit) => media.presence.left(visit),
      },
      extra: [router],
    }),
  );
  const built = parts.move();
  return {
    ...gateway,
    media,
    engine,
    async [Symbol.asyncDispose]() {
      await built.disposeAsync();
      await engine[Symbol.asyncDispose]();
    },
  };
}

function throughRelay(message: LiveMessage, relays: Record<string, UdpRelay>): LiveMessage {
  return {
    ...message,
    async handle(context, d) {
      const answer = await message.handle(context, d);
      const relay = context.actor.kind === 'account' ? relays[context.actor.handle] : undefined;
      if (relay === undefined || !answer.ok) return answer;
      const joined = mediaLive.fromClient['media.join'].value.parse(answer.value);
      if (joined.recv === undefined) return answer;
      const iceCandidates = joined.recv.iceCandidates.filter(({ protocol }) => protocol === 'udp');
      relay.target = iceCandidates[0]?.port ?? 0;
      for (const candidate of iceCandidates) candidate.port = relay.port;
      return accept({ ...joined, recv: { ...joined.recv, iceCandidates } });
    },
  };
}

/** What the page says of itself. */
export type Look = {
  isOpen: boolean;
  state: string;
  time: number;
  width: number;
  isMuted: boolean;
  layer: number | undefined;
  layers: number;
  viewing: { bitrate: number; bytesReceived: number; framesDecoded: number; width: number } | undefined;
  publishing:
    | {
        bitrate: number;
        rttMs: number | undefined;
        layers: { rid: string; width: number; bitrate: number }[];
      }
    | undefined;
  level: number;
  fault: string | undefined;
  cameras: number;
  loaded: string[];
};

export type Seat = { page: Page; context: BrowserContext; look(): Promise<Look> };

const flags = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  // Loopback addresses would otherwise hide behind mDNS names.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** One Chromium with a made-up camera and microphone; `mayPlaySound` stands for a site the browser trusts with sound. */
export async function openTheatre({ mayPlaySound = true }: { mayPlaySound?: boolean } = {}): Promise<
  AsyncDisposable & {
    browser: Browser;
    seat(address: string, who: string, query: Record<string, string>): Promise<Seat>;
  }
> {
  const { binary: executablePath } = await ensureChromium();
  const policy = mayPlaySound ? 'no-user-gesture-required' : 'document-user-activation-required';
  const browser = await chromium.launch({ executablePath, args: [...flags, `--autoplay-policy=${policy}`] });
  return {
    browser,
    async seat(address, who, query) {
      const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
      await context.addCookies([{ name: 'who', value: who, url: address }]);
      const page = await context.newPage();
      await page.goto(`${address}/index.html?${new URLSearchParams(query)}`);
      // Playwright's own evaluate counts as a user's gesture, and would let every page play sound.
      const session = await context.newCDPSession(page);
      const look = async (): Promise<Look> => {
        const { result } = await session.send('Runtime.evaluate', {
          expression: 'look()',
          returnByValue: true,
        });
        return result.value;
      };
      return { page, context, look };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

let rooms = 0;
/** A room nobody has been in. */
export const newRoom = (): StreamId => StreamId.parse(`stream_theatre${++rooms}`);
