import { mkdirSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import type { TestContext } from 'vitest';
import { z } from 'zod';
import type { DeskProduct } from '#contract/catalog.ts';
import type { ChannelId, StreamId, VendorId } from '#contract/ids.ts';
import { HealthView } from '#contract/operations.ts';
import { compose as composeMedia } from '#media/compose.ts';
import { composeWorkers } from '#workers/compose.ts';
import { ensureChromium } from '../../scripts/setup/chromium.ts';
import { ensureMediaWorker } from '../../scripts/setup/media-worker.ts';
import type { Person } from './cast.ts';
import { openHouse, type TestHouse } from './house.ts';
import { eventually } from './installation.ts';
import { purse } from './purse.ts';
import { shop } from './shop.ts';

const flags = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Loopback addresses would otherwise hide behind mDNS names.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];
const evidence = '.cache/journeys';

type Vendor = { person: Person; vendorId: VendorId };

/** A person at a screen: the same account as `person`, in a browser of its own. */
export type Seat = { name: string; person: Person; page: Page; slips: Error[] };

/** A whole installation with its cast: house, workers, a media node with a real worker, and the built page. */
export type Show = AsyncDisposable & {
  house: TestHouse;
  aki: Vendor;
  bo: Vendor;
  hana: Person;
  ana: Person;
  channelId: ChannelId;
  /** Schedules a stream of Hana's that shows these products. */
  schedule(...products: DeskProduct[]): Promise<StreamId>;
  /**
   * Opens a page for a person in a profile of its own, with camera and microphone; whoever has no cookie is nobody yet.
   * `clockOff` sets the device's clock wrong by so many ms.
   */
  seat(person: Person, path: string, options?: { clockOff?: number }): Promise<Seat>;
  /** Signs up a person that nobody knows yet. */
  viewer(name: string): Promise<Person>;
  /** Closes the seats of a test at its end; of one that failed it keeps trace and screenshot under `.cache/journeys/`. */
  clearAfter(context: Pick<TestContext, 'onTestFinished' | 'task'>, name: string): void;
};

/** Opens everything a journey needs. Vendors are linked to Hana's channel and can be paid; Ana is an analyst. */
export async function openShow(environment: Record<string, string> = {}): Promise<Show> {
  await using opening = new AsyncDisposableStack();
  const house = opening.use(await openHouse({ environment, fsync: true }));
  opening.use(await composeWorkers(house.config));
  const { binary: workerBin } = await ensureMediaWorker();
  const { media, redisUrl } = house.config;
  opening.use(await composeMedia({ ...media, workerBin, workers: 1, redisUrl }));
  const { binary: executablePath } = await ensureChromium();
  const browser = opening.adopt(await chromium.launch({ executablePath, args: flags }), (one) => one.close());

  const hana = await house.visit('hana');
  const channelId = await shop.openChannel(hana);
  const sell = async (handle: string, name: string): Promise<Vendor> => {
    const person = await house.visit(handle);
    const vendorId = await shop.openVendor(person, name);
    await purse.connect(person, vendorId, (accountId) => house.stripe.control.finishOnboarding(accountId));
    await eventually(() => purse.isPayable(person, vendorId), `${name} can be paid`);
    await shop.approve(person, vendorId, channelId);
    return { person, vendorId };
  };
  const [aki, bo] = [await sell('aki', 'Aki Teaware'), await sell('bo', 'Bo Outfitters')];
  const ana = await house.visit('ana');
  await house.slices.identity.roles.grant(ana.accountId, { role: 'analyst' });
  await eventually(
    async () => (await hana.get('/health', HealthView)).state === 'well',
    'every part of the installation is well',
  );

  const seats: (Seat & { context: BrowserContext })[] = [];
  const open = opening.move();
  return {
    ...{ house, aki, bo, hana, ana, channelId },
    viewer: (name) => house.visit(name),
    async schedule(...products) {
      const { streamId } = await shop.schedule(hana, channelId);
      for (const { productId } of products)
        await hana.send('PUT', `/streams/${streamId}/showcase/${productId}`, undefined, z.unknown());
      return streamId;
    },
    async seat(person, path, { clockOff = 0 } = {}) {
      const context = await openProfile(browser, person, clockOff);
      const page = await context.newPage();
      const seat = { name: person.handle || 'guest', person, page, context, slips: [] as Error[] };
      // No linter sees a floating promise in a .svelte file: this is where its rejection shows.
      page.on('pageerror', (error) => seat.slips.push(error));
      seats.push(seat);
      await page.goto(`${house.address}${path}`);
      return seat;
    },
    clearAfter({ onTestFinished, task }, name) {
      onTestFinished(async () => {
        for (const { name: who, page, context } of seats.splice(0)) {
          if (task.result?.state === 'fail') {
            mkdirSync(evidence, { recursive: true });
            await page.screenshot({ path: `${evidence}/${name}-${who}.png` });
            await context.tracing.stop({ path: `${evidence}/${name}-${who}.zip` });
          }
          await context.close();
        }
      });
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function openProfile(
  browser: Browser,
  { cookie, address }: Person,
  clockOff: number,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    permissions: ['camera', 'microphone'],
    locale: 'en',
    viewport: { width: 1440, height: 900 },
  });
  await context.tracing.start({ snapshots: true });
  await context.addInitScript(rememberPeers);
  if (clockOff !== 0) await context.addInitScript(shiftDate(clockOff));
  const [name = '', value = ''] = cookie.split('=');
  if (cookie) await context.addCookies([{ name, value, url: address }]);
  return context;
}

/** Types a card into the panel's form. */
export async function fillCard({ page }: Seat, number = '4242424242424242'): Promise<void> {
  const card = page.getByTestId('card-fields').frameLocator('iframe').first();
  await card.getByRole('textbox', { name: 'Card number' }).fill(number);
  await card.getByRole('textbox', { name: /^Expiry/ }).fill('12 / 34');
  await card.getByRole('textbox', { name: /CVC/ }).fill('737');
}

/** Fills the panel's card form and pays: from the open panel to "paid". `total` as shown, like `$30.00`. */
export async function payInPanel(seat: Seat, total: string, number?: string): Promise<void> {
  const panel = seat.page.getByTestId('checkout');
  await fillCard(seat, number);
  await panel.getByRole('button', { name: `Pay ${total}` }).click();
  await panel.and(seat.page.locator('[data-state=paid]')).waitFor();
}

// Pages of the product keep their connections to themselves; the test counts what they receive.
const rememberPeers = `{
  const peers = (window.peers = []);
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      peers.push(this);
    }
  };
}`;

const shiftDate = (byMs: number) => `{
  const real = Date.now;
  Date.now = () => real() + ${byMs};
  window.Date = class extends Date {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(Date.now());
    }
  };
}`;

const look = `(async () => {
  const video = document.querySelector('video');
  let bytes = 0;
  for (const peer of window.peers)
    for (const [, report] of await peer.getStats())
      if (report.type === 'inbound-rtp' && report.kind === 'video') bytes += report.bytesReceived;
  return { time: video?.currentTime ?? 0, width: video?.videoWidth ?? 0, bytes };
})()`;

/** Seconds played and picture width of a seat's video element, and the video bytes its connections received. */
const Picture = z.object({ time: z.number(), width: z.number(), bytes: z.number() });

/** Looks at the video of a seat. */
export const pictureOf = async ({ page }: Seat): Promise<z.infer<typeof Picture>> =>
  Picture.parse(await page.evaluate(look));

/** Frames that a seat's video shows within a span. */
export const framesIn = async ({ page }: Seat, ms: number): Promise<number> =>
  z.number().parse(
    await page.evaluate(`new Promise((resolve) => {
      const shown = () => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames;
      const before = shown();
      setTimeout(() => resolve(shown() - before), ${ms});
    })`),
  );

/**
 * Presses the money button of the drop card at every seat at one instant; a click each by itself would wait for the card
 * to rest, and find the other one's outcome there. Answers at which seats it still stood.
 */
export function claimTogether(seats: readonly Seat[]): Promise<boolean[]> {
  const at = Date.now() + 500;
  const press = `new Promise((resolve) => {
    setTimeout(() => {
      const button = document.querySelector('[data-testid=drop-card][data-state=open] button.money');
      button?.click();
      resolve(button !== null);
    }, ${at} - Date.now());
  })`;
  return Promise.all(seats.map(async ({ page }) => z.boolean().parse(await page.evaluate(press))));
}

/** From now on notes each press of Enter; `whenEntered` reads the last, in ms since 1970. */
export const watchEnter = ({ page }: Seat): Promise<unknown> =>
  page.evaluate(
    `addEventListener('keydown', ({ key }) => { if (key === 'Enter') window.entered = Date.now(); }, true)`,
  );

/** When Enter was last pressed at a seat that {@link watchEnter} watches. */
export const whenEntered = async ({ page }: Seat): Promise<number> =>
  z.number().parse(await page.evaluate('window.entered'));

/** From now on notes when a text first stands in the page; `whenSeen` reads it, in ms since 1970. */
export const watchFor = (seat: Seat, text: string): Promise<unknown> =>
  seat.page.evaluate(`{
    const seen = (window.seen ??= {});
    const looking = new MutationObserver(() => {
      const text = ${JSON.stringify(text)};
      if (seen[text] || !document.querySelector('[role=log]')?.textContent?.includes(text)) return;
      seen[text] = Date.now();
      looking.disconnect();
    });
    looking.observe(document.body, { subtree: true, childList: true, characterData: true });
  }`);

/** When a text that was watched for stood in the list of lines. */
export async function whenSeen({ name, page }: Seat, text: string): Promise<number> {
  let at: unknown;
  await eventually(async () => {
    at = await page.evaluate(`window.seen[${JSON.stringify(text)}]`);
    return at !== undefined;
  }, `${name} sees "${text}"`);
  return z.number().parse(at);
}
