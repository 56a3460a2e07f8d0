import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import Stripe from 'stripe';
import type { SellingTerms } from '#contract/catalog.ts';
import type { OrderView, PlaceOrder } from '#contract/checkout.ts';
import { accept, refuse } from '#contract/errors.ts';
import {
  AccountId,
  ChannelId,
  type OrderId,
  type PersonId,
  ProductId,
  StreamId,
  VariantId,
  VendorId,
} from '#contract/ids.ts';
import { createCatalog } from '#server/catalog/index.ts';
import { catalogMigrations } from '#server/catalog/migrations.ts';
import { mongoProductStore } from '#server/catalog/products.mongo.ts';
import { mongoStockStore } from '#server/catalog/stock.mongo.ts';
import type { ProductRecord } from '#server/catalog/store.ts';
import { mongoSellingTermsStore } from '#server/catalog/terms.mongo.ts';
import { mongoAddressStore } from '#server/checkout/addresses.mongo.ts';
import { mongoCartStore } from '#server/checkout/carts.mongo.ts';
import { checkoutMigrations, createCheckout, type PriceTerm } from '#server/checkout/index.ts';
import { mongoInvoiceSeries, mongoOrderStore } from '#server/checkout/store.mongo.ts';
import { bindRoutes } from '#server/gateway/bind.ts';
import { mongoInbox } from '#server/payments/inbox.mongo.ts';
import { createPayments, paymentMigrations } from '#server/payments/index.ts';
import { mongoJournal } from '#server/payments/journal.mongo.ts';
import { mongoSeals } from '#server/payments/seals.mongo.ts';
import { stripePaymentService } from '#server/payments/service.stripe.ts';
import { mongoPaymentStore } from '#server/payments/store.mongo.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox } from '#server/platform/outbox.ts';
import { openStripeSimulator } from '../../scripts/stripe-sim/simulator.ts';

const secretKey = 'sk_test_till';
const webhookSecret = 'whsec_till';
const fresh = (): string => randomUUID().replaceAll('-', '');

/** A process that died between two steps. */
export class Death extends Error {}

export type Failpoint = (name: string) => void | Promise<void>;

/** Changes the parts of every process of a till before they are put together: another store, or a bug on purpose. */
export type Plant = {
  catalog?: (parts: Parameters<typeof createCatalog>[0]) => Parameters<typeof createCatalog>[0];
  payments?: (parts: Parameters<typeof createPayments>[0]) => Parameters<typeof createPayments>[0];
  checkout?: (parts: Parameters<typeof createCheckout>[0]) => Parameters<typeof createCheckout>[0];
};
const asTheyAre = <Parts>(parts: Parts): Parts => parts;

/** A coupon of the wallet, as the till knows it: 30.00 off unless said otherwise, and whose it is. */
export type TillCoupon = {
  ref: string;
  personId: PersonId;
  off: number;
  funders: { funder: 'vendor' | 'host' | 'platform'; basisPoints: number }[];
  state: 'granted' | 'reserved' | 'redeemed';
  orderId: OrderId | undefined;
  cardsUsed: Set<string>;
};

/**
 * The order path alone over the run's MongoDB and the payment simulator: catalog, payments and checkout as composed,
 * rooms and wallet played by the test. `process()` is one more process on the same record; a fail point hears the
 * catalog's steps as `catalog:…`. Outside a test run `mongoUri` names a database of the caller's.
 */
export async function openTill({
  holdMs = 300_000,
  mongoUri,
  plant = {},
}: {
  holdMs?: number;
  mongoUri?: string;
  plant?: Plant;
} = {}) {
  await using opening = new AsyncDisposableStack();
  const stripe = opening.use(
    await openStripeSimulator({ secretKey, webhookSecret, delays: { lateMs: 60_000 } }),
  );
  // Loaded only where a test runs: it leans on the test runner.
  const database = mongoUri ?? (await import('./mongo.ts')).openMongo();
  const mongo = opening.adopt(await connect(database), closeMongo);
  await migrate(mongo, [...catalogMigrations, ...paymentMigrations, ...checkoutMigrations]);

  let aheadMs = 0;
  let areJobsHeld = false;
  const clock = { now: () => Date.now() + aheadMs, isTrusted: () => true };
  const coupons = new Map<string, TillCoupon>();
  const told: { personId: PersonId; t: string; d: unknown }[] = [];
  const timeline: { streamId: StreamId; id: string; data: unknown }[] = [];
  const jobs = new Set<Promise<unknown>>();
  const channelId = ChannelId.parse('ch_till');
  const streamId = StreamId.parse('stream_till');
  const vendors = new Map<VendorId, string>();

  const process = (failpoint?: Failpoint) => {
    const outbox = new Outbox(clock);
    const {
      catalog: toCatalog = asTheyAre,
      payments: toPayments = asTheyAre,
      checkout: toCheckout = asTheyAre,
    } = plant;
    const catalog = createCatalog(
      toCatalog({
        products: mongoProductStore(mongo, outbox, clock),
        stock: mongoStockStore(mongo, outbox, clock),
        terms: mongoSellingTermsStore(mongo),
        pictures: { put: async () => {}, get: async () => undefined, has: async () => false } as never,
        clock,
        ...(failpoint && { failpoint: (name: string) => failpoint(`catalog:${name}`) }),
      }),
    );
    const payments = createPayments(
      toPayments({
        store: mongoPaymentStore(mongo),
        inbox: mongoInbox(mongo),
        journal: mongoJournal(mongo, clock),
        seals: mongoSeals(mongo),
        stripe: stripePaymentService({ secretKey, webhookSecret, simulatorUrl: stripe.url }),
        clock,
        queues: {
          wake: async (_queue, data) => {
            const { eventId } = data as { eventId?: string };
            if (eventId === undefined || areJobsHeld) return;
            const job = survivor.payments.handleEvent(eventId).catch(() => {});
            jobs.add(job);
            void job.finally(() => jobs.delete(job));
          },
        },
        identity: { vendors: { get: async (vendorId) => ({ name: vendors.get(vendorId) ?? 'Vendor' }) } },
        config: {
          http: { publicUrl: 'http://localhost:3000' },
          payments: { secretKey, publishableKey: 'pk_test_till', simulatorUrl: stripe.url, feePercent: 5 },
        },
        failpoint,
      }),
    );
    const checkout = createCheckout(
      toCheckout({
        store: mongoOrderStore(mongo, outbox),
        invoices: mongoInvoiceSeries(mongo),
        carts: mongoCartStore(mongo),
        addresses: mongoAddressStore(mongo),
        payments,
        catalog,
        rooms: {
          streams: { get: async (id) => (id === streamId ? { channelId, currency: 'USD' } : undefined) },
          showcase: { has: async () => true },
          timeline: {
            append: async (id, entry) => {
              if (!timeline.some((known) => known.id === entry.id))
                timeline.push({ streamId: id, id: entry.id, data: entry.data });
            },
          },
        },
        identity: {
          accounts: {
            many: async (ids) => ids.map((accountId) => ({ accountId, handle: `h-${accountId}` })),
          },
          vendors: { many: async (ids) => ids.map((vendorId) => ({ vendorId, name: 'Vendor' })) },
          roles: { holdersOf: async () => [seller] },
        },
        clock,
        outbox,
        live: { tellPerson: async (personId, t, d) => void told.push({ personId, t, d }) },
        queues: { wake: async () => {} },
        config: { holdMs },
        linkSecret: 'a secret of the till',
        failpoint,
      }),
    );
    checkout.registerTerm(wallet);
    return { checkout, payments, catalog, outbox };
  };
  const seller = AccountId.parse('acc_seller');
  const wallet = walletTerm(coupons);
  const survivor = process();
  const { catalog } = survivor;

  const app = express();
  const nobody = { kind: 'anyone' } as const;
  app.use(
    bindRoutes(survivor.payments.routes, {
      authenticator: { authenticate: async () => nobody },
      authorizer: { authorize: () => 'allowed' },
      auditLog: { append: async () => {} },
      clock,
      refuseCrossSite: (_request, _response, next) => next(),
    }),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opening.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  const webhookUrl = `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}/webhooks/stripe`;
  stripe.setWebhookUrl(webhookUrl);

  const sdk = new Stripe(secretKey, { host: '127.0.0.1', port: stripe.port, protocol: 'http' });
  const products = mongoProductStore(mongo, new Outbox(clock), clock);
  const tillProducts = mongoProductStore(mongo, survivor.outbox, clock);
  const stock = mongoStockStore(mongo, new Outbox(clock), clock);

  const settled = async (): Promise<void> => {
    await stripe.webhooksSettled();
    while (jobs.size > 0) await Promise.all(jobs);
    await stripe.webhooksSettled();
  };
  /** A vendor with a finished payout account, or one that has none. */
  const newVendor = async ({ isPayable = true } = {}): Promise<VendorId> => {
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    vendors.set(vendorId, 'Vendor');
    if (!isPayable) return vendorId;
    await survivor.payments.connectPayout(vendorId, '/vendor');
    const account = await mongoPaymentStore(mongo).payoutOf(vendorId);
    stripe.control.finishOnboarding(account?.accountId ?? '');
    await settled();
    return vendorId;
  };
  const vendorId = await newVendor();

  const sell = async ({
    price = 10_000,
    floor = 0,
    units = 10,
    vendor = vendorId,
    currency = 'USD' as const,
  } = {}) => {
    const productId = ProductId.parse(`prd_${fresh()}`);
    const variantId = VariantId.parse(`var_${fresh()}`);
    await stock.open(variantId, productId);
    await catalog.holds.change({
      changeId: 'opening',
      variantId,
      kind: 'opening',
      quantity: units,
      reason: 'x',
    });
    await products.insert({
      productId,
      vendorId: vendor,
      title: 'Teapot',
      description: '',
      attributes: [],
      pictureId: undefined,
      variants: [
        {
          variantId,
          listPrice: { amount: price, currency },
          floorPrice: { amount: floor, currency },
          isRetired: false,
        },
      ],
      isRetired: false,
      version: 1,
      createdAt: new Date(clock.now()),
    });
    return { productId, variantId };
  };
  /** Changes a product, told as the catalogue tells it. */
  const change = async (
    productId: ProductId,
    how: (variants: ProductRecord['variants']) => ProductRecord['variants'],
  ): Promise<void> => {
    const product = await tillProducts.get(productId);
    if (product === undefined) throw new Error('no such product');
    const next = { ...product, variants: how(product.variants), version: product.version + 1 };
    await tillProducts.save(next, product.version);
  };
  /** Another list price for every variant. */
  const reprice = (productId: ProductId, amount: number) =>
    change(productId, (all) => all.map((one) => ({ ...one, listPrice: { ...one.listPrice, amount } })));
  const addVariant = async (productId: ProductId, title: string, amount: number): Promise<VariantId> => {
    const variantId = VariantId.parse(`var_${fresh()}`);
    await stock.open(variantId, productId);
    const opening = { changeId: 'opening', kind: 'opening' as const, quantity: 5, reason: 'x' };
    await catalog.holds.change({ ...opening, variantId });
    const price = { amount, currency: 'USD' as const };
    const variant = { variantId, title, listPrice: price, floorPrice: price, isRetired: false };
    await change(productId, (all) => [...all, variant]);
    return variantId;
  };
  const retireVariant = (productId: ProductId, variantId: VariantId) =>
    change(productId, (all) =>
      all.map((one) => (one.variantId === variantId ? { ...one, isRetired: true } : one)),
    );
  /** Changes how a vendor sells; what is not named is as for one who has said nothing. */
  const setTerms = async (vendor: VendorId, more: Partial<SellingTerms>): Promise<void> => {
    const { version, ...terms } = await catalog.sellingTerms.of(vendor);
    const saved = { ...terms, ...more, version: version + 1 };
    if (!(await mongoSellingTermsStore(mongo).save(vendor, saved, version))) throw new Error('terms moved');
  };
  const stockOf = async (variantId: VariantId) => {
    const [row] = await stock.rows([variantId]);
    return row && { available: row.available, held: row.held, sold: row.sold };
  };
  const grant = (personId: PersonId, more: Partial<TillCoupon> = {}): string => {
    const ref = `grant_${fresh()}`;
    const funders = [{ funder: 'vendor' as const, basisPoints: 10_000 }];
    const blank = {
      off: 3000,
      funders,
      state: 'granted' as const,
      orderId: undefined,
      cardsUsed: new Set<string>(),
    };
    coupons.set(ref, { ...blank, ref, personId, ...more });
    return ref;
  };
  const askFor = (
    product: { productId: ProductId; variantId: VariantId },
    total: number,
    more: Partial<PlaceOrder> = {},
  ): PlaceOrder => ({
    lines: [{ ...product, quantity: 1 }],
    streamId,
    quotedTotal: { amount: total, currency: 'USD' },
    ...more,
  });
  const token = async (paymentMethod = 'pm_card_visa'): Promise<string> =>
    (await sdk.testHelpers.confirmationTokens.create({ payment_method: paymentMethod })).id;
  const orderNow = async (orderId: OrderId) => {
    const order = await survivor.checkout.orders.get(orderId);
    if (order === undefined) throw new Error(`there is no ${orderId}`);
    return order;
  };
  /** Places and answers the order. @throws when it is refused. */
  const place = async (personId: PersonId, ask: PlaceOrder, key = fresh()) => {
    const placed = await survivor.checkout.place(personId, key, ask);
    if (!placed.ok) throw new Error(`not placed: ${placed.refusal} ${placed.detail ?? ''}`);
    return placed.value;
  };

  const open = opening.move();
  return {
    ...survivor,
    process,
    stripe,
    sdk,
    mongo,
    clock,
    webhookUrl,
    webhookSecret,
    vendorId,
    seller,
    channelId,
    streamId,
    coupons,
    told,
    timeline,
    newVendor,
    newPerson: (): PersonId => AccountId.parse(`acc_${fresh()}`),
    sell,
    setTerms,
    reprice,
    addVariant,
    retireVariant,
    stockOf,
    grant,
    askFor,
    token,
    place,
    orderNow,
    settled,
    /** While held, nobody is woken: only sweeps find work. */
    holdJobs: (isHeld: boolean) => {
      areJobsHeld = isHeld;
    },
    /** Lets time pass for the house; the payment service's clock stays. */
    pass: (ms: number) => {
      aheadMs += ms;
    },
    receiptsOf: (personId: PersonId) =>
      told
        .filter((one) => one.personId === personId && one.t === 'checkout.order-changed')
        .map((one) => one.d as OrderView),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

export type Till = Awaited<ReturnType<typeof openTill>>;

function walletTerm(coupons: Map<string, TillCoupon>): PriceTerm {
  const usable = (ref: string, personId: PersonId) => {
    const coupon = coupons.get(ref);
    return coupon?.personId === personId ? coupon : undefined;
  };
  return {
    kind: 'coupon',
    stage: 'coupon',
    async quote({ ref, personId }) {
      const coupon = usable(ref, personId);
      if (coupon === undefined) return refuse('coupon-not-yours');
      if (coupon.state !== 'granted') return refuse('coupon-spent');
      const { off, funders } = coupon;
      return accept({
        label: 'Drop',
        amountOff: { amount: off, currency: 'USD' },
        appliesTo: 'all',
        funders,
      });
    },
    async reserve({ ref, personId, orderId }) {
      const coupon = usable(ref, personId);
      if (coupon === undefined) return refuse('coupon-not-yours');
      if (coupon.orderId === orderId) return accept(undefined);
      if (coupon.state !== 'granted') return refuse('coupon-spent');
      coupon.state = 'reserved';
      coupon.orderId = orderId;
      return accept(undefined);
    },
    async checkPayer({ ref, fingerprint }) {
      return coupons.get(ref)?.cardsUsed.has(fingerprint) ? refuse('payer-cap') : accept(undefined);
    },
    async commit(orderId) {
      for (const coupon of coupons.values()) if (coupon.orderId === orderId) coupon.state = 'redeemed';
    },
    async giveBack(orderId) {
      for (const coupon of coupons.values())
        if (coupon.orderId === orderId) {
          coupon.state = 'granted';
          coupon.orderId = undefined;
        }
    },
  };
}
