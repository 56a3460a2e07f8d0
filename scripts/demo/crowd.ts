import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import Stripe from 'stripe';
import { PlacedOrder, Quote } from '#contract/checkout.ts';
import { DropView } from '#contract/drops.ts';
import type { ServerFrame } from '#contract/envelope.ts';
import type { StreamId } from '#contract/ids.ts';
import { Pinned } from '#contract/rooms.ts';
import { repeat } from '#server/platform/lifetime.ts';
import type { HttpClient } from '../clients/http-client.ts';
import { LiveClient } from '../clients/live-client.ts';
import { crowdHandles, enter } from './cast.ts';

const lines = [
  'does it pour clean?',
  '这个釉色太好看了',
  'rain + tea = yes',
  '来了来了',
  'my cat approves this stream',
  'what size is the pot',
  '晚上好，刚下班',
  'Hana the lighting tonight!',
  'is the scarf itchy?',
  '想要那件大衣',
  'greetings from a train',
  '第一次来，好舒服的直播间',
  'that handle though',
  'how long does the oolong steep?',
];

const speakEveryMs = 7000;
const buyEveryMs = 100_000;

type Viewer = { client: HttpClient; handle: string; socket: LiveClient | undefined };

/** Synthetic viewers: they enter, talk, like, claim some coupons and buy now and then with a test card. */
export async function gatherCrowd(
  address: string,
  streamId: StreamId,
  payments: { apiUrl: string; secretKey: string } | undefined,
): Promise<AsyncDisposable> {
  const viewers: Viewer[] = [];
  for (const handle of crowdHandles)
    viewers.push({ handle, client: await enter(address, handle), socket: undefined });
  const pick = <Item>(list: readonly Item[]): Item | undefined =>
    list[Math.floor(Math.random() * list.length)];
  let pinned: Pinned | undefined;
  const leaving = new AbortController();
  const complain = (fault: unknown) => {
    if (!leaving.signal.aborted)
      console.log(`[demo] ${fault instanceof Error ? fault.message : String(fault)}`);
  };

  const connect = async (viewer: Viewer): Promise<LiveClient> => {
    if (viewer.socket && viewer.socket.closed === undefined) return viewer.socket;
    const hear = (frame: ServerFrame) => void react(viewer, frame).catch(complain);
    const socket = await LiveClient.open(address, viewer.client.cookie, { keep: 200, hear });
    viewer.socket = socket;
    await socket.ask('room.enter', { streamId });
    return socket;
  };

  /** Two of the viewers claim each drop, some seconds after it opened; all remember what is pinned. */
  const react = async (viewer: Viewer, frame: ServerFrame): Promise<void> => {
    if (frame.t === 'rooms.pinned') pinned = Pinned.safeParse(frame.d).data ?? pinned;
    const drop = frame.t === 'drops.opened' ? DropView.safeParse(frame.d).data : undefined;
    if (drop === undefined || viewers.indexOf(viewer) > 1) return;
    await wait(8000 + Math.random() * 20_000, undefined, { signal: leaving.signal });
    await viewer.socket?.ask('drops.claim', { dropId: drop.dropId, key: randomUUID() }, streamId);
  };

  const speak = async (): Promise<void> => {
    const viewer = pick(viewers);
    const text = pick(lines);
    if (viewer === undefined || text === undefined) return;
    const socket = await connect(viewer);
    await socket.ask('danmaku.post', { text, key: randomUUID() }, streamId);
    if (Math.random() < 0.5)
      await socket.ask('danmaku.like', { taps: 1 + Math.floor(Math.random() * 5) }, streamId);
  };

  const buy = async (): Promise<void> => {
    const viewer = pick(viewers);
    const variant = pinned?.product.variants[0];
    if (payments === undefined || viewer === undefined || pinned === undefined || variant === undefined)
      return;
    const { client } = viewer;
    const wish = {
      lines: [{ productId: pinned.product.productId, variantId: variant.variantId, quantity: 1 }],
      streamId,
    };
    const quote = await client.send('POST', '/quotes', wish, Quote);
    const order = await client.send(
      'POST',
      '/orders',
      { ...wish, quotedTotal: quote.totals.total },
      PlacedOrder,
    );
    const token = await testToken(payments);
    await client.call(
      'POST',
      `/orders/${order.orderId}/payments`,
      { confirmationToken: token },
      { 'idempotency-key': randomUUID() },
    );
  };

  for (const viewer of viewers) await connect(viewer).catch(complain);
  const running = [repeat(speakEveryMs, speak, complain), repeat(buyEveryMs, buy, complain)];
  return {
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
      for (const { socket } of viewers) await socket?.[Symbol.asyncDispose]();
    },
  };
}

/** A confirmation token as the panel would make it, of the card that pays. */
async function testToken({ apiUrl, secretKey }: { apiUrl: string; secretKey: string }): Promise<string> {
  const { hostname, port } = new URL(apiUrl);
  const stripe = new Stripe(secretKey, { host: hostname, port, protocol: 'http', telemetry: false });
  const made = await stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' });
  return made.id;
}
