import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, refused } from '../api-error.ts';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { address, fullAddress, mergeMetadata, metadata, paging, text } from '../params.ts';
import type { LinkRecord } from '../state.ts';
import { find, type World } from '../world.ts';

const due = [
  'business_profile.url',
  'external_account',
  'representative.first_name',
  'representative.last_name',
  'tos_acceptance.date',
  'tos_acceptance.ip',
];

const requirements = (fields: string[]): Stripe.Account.Requirements => ({
  alternatives: [],
  current_deadline: null,
  currently_due: fields,
  disabled_reason: fields.length === 0 ? null : 'requirements.past_due',
  errors: [],
  eventually_due: fields,
  past_due: fields,
  pending_verification: [],
});

const Requested = z.strictObject({
  requested: z.enum(['true', 'false']).transform((word) => word === 'true'),
});
const BusinessType = z.enum(['company', 'government_entity', 'individual', 'non_profit']);

const changeable = {
  business_profile: z
    .strictObject({
      mcc: text.optional(),
      name: text.optional(),
      product_description: text.optional(),
      support_address: address.optional(),
      support_email: text.optional(),
      support_phone: text.optional(),
      support_url: text.optional(),
      url: text.optional(),
    })
    .optional(),
  business_type: BusinessType.optional(),
  capabilities: z
    .strictObject({ card_payments: Requested.optional(), transfers: Requested.optional() })
    .optional(),
  default_currency: text.optional(),
  email: text.optional(),
  metadata: metadata.optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
};
type Changeable = z.infer<z.ZodObject<typeof changeable>>;

const currencies: Record<string, string> = {
  CN: 'cny',
  DE: 'eur',
  FR: 'eur',
  GB: 'gbp',
  HK: 'hkd',
  IE: 'eur',
  JP: 'jpy',
  NL: 'eur',
  SG: 'sgd',
};

const blankSettings: Stripe.Account.Settings = {
  bacs_debit_payments: { display_name: null, service_user_number: null },
  branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
  card_issuing: { tos_acceptance: { date: null, ip: null } },
  card_payments: {
    decline_on: { avs_failure: false, cvc_failure: false },
    statement_descriptor_prefix: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  dashboard: { display_name: null, timezone: 'Etc/UTC' },
  invoices: { default_account_tax_ids: null, hosted_payment_method_save: null },
  payments: {
    statement_descriptor: null,
    statement_descriptor_kana: null,
    statement_descriptor_kanji: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  payouts: {
    debit_negative_balances: true,
    schedule: { delay_days: 2, interval: 'daily' },
    statement_descriptor: null,
  },
  sepa_debit_payments: {},
};

const apply = (old: Stripe.Account, params: Changeable): Stripe.Account => {
  const asked = { ...old.capabilities };
  const state = old.details_submitted ? 'active' : 'inactive';
  for (const name of ['card_payments', 'transfers'] as const)
    if (params.capabilities?.[name]?.requested === true) asked[name] = asked[name] ?? state;
  const given = params.business_profile;
  const former = old.business_profile;
  return {
    ...old,
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: given?.mcc ?? former?.mcc ?? null,
      minority_owned_business_designation: null,
      name: given?.name ?? former?.name ?? null,
      product_description: given?.product_description ?? former?.product_description ?? null,
      specified_commercial_transactions_act_url: null,
      support_address:
        given?.support_address === undefined
          ? (former?.support_address ?? null)
          : fullAddress(given.support_address),
      support_email: given?.support_email ?? former?.support_email ?? null,
      support_phone: given?.support_phone ?? former?.support_phone ?? null,
      support_url: given?.support_url ?? former?.support_url ?? null,
      url: given?.url ?? former?.url ?? null,
    },
    business_type: params.business_type ?? old.business_type ?? null,
    capabilities: asked,
    default_currency: params.default_currency ?? old.default_currency ?? 'usd',
    email: params.email ?? old.email,
    metadata: mergeMetadata(old.metadata ?? {}, params.metadata),
  };
};

/** The account, or Stripe's 404 or 400. */
export const getAccount = (world: World, id: string, param?: string): Stripe.Account =>
  find(world.state.accounts.get(id), 'account', id, param);

/** The vendor has told all: capabilities become active, and `account.updated` says so. */
export const finishOnboarding = (world: World, id: string): Stripe.Account => {
  const old = getAccount(world, id);
  const active = Object.fromEntries(
    Object.keys(old.capabilities ?? {}).map((name) => [name, 'active'] as const),
  );
  const finished = world.state.accounts.put({
    ...old,
    capabilities: active,
    charges_enabled: true,
    details_submitted: true,
    future_requirements: requirements([]),
    payouts_enabled: true,
    requirements: requirements([]),
    tos_acceptance: { date: world.now(), ip: '127.0.0.1', user_agent: null },
  });
  world.emit('account.updated', finished, {
    account: id,
    changed: {
      capabilities: old.capabilities,
      charges_enabled: old.charges_enabled,
      details_submitted: old.details_submitted,
      payouts_enabled: old.payouts_enabled,
      requirements: old.requirements,
    },
  });
  return finished;
};

const minutes5 = 5 * 60;

/** The link of an onboarding page, while it is good; undefined where it is used, too old or of another account. */
export const openLink = (
  world: World,
  account: string,
  id: string,
): { link: LinkRecord; isGood: boolean } | undefined => {
  const link = world.state.links.get(id);
  if (link === undefined || link.account !== account) return undefined;
  return { link, isGood: !link.used && link.expiresAt > world.now() };
};

export const accountEndpoints = [
  endpoint(
    'secret',
    'POST',
    '/v1/accounts',
    {
      ...changeable,
      country: text.optional(),
      type: z.enum(['custom', 'express', 'standard']).optional(),
      controller: z.record(z.string(), z.unknown()).optional(),
    },
    (world, params) => {
      if (params.type !== undefined && params.controller !== undefined)
        throw invalid('You may only specify one of these parameters: controller, type.');
      const id = world.newId('acct', 16);
      const country = params.country ?? 'US';
      const account: Stripe.Account = {
        id,
        object: 'account',
        business_profile: null,
        business_type: null,
        capabilities: {},
        charges_enabled: false,
        controller: {
          fees: { payer: 'application_express' },
          is_controller: true,
          losses: { payments: 'application' },
          requirement_collection: 'stripe',
          stripe_dashboard: { type: 'express' },
          type: 'application',
        },
        country,
        created: world.now(),
        default_currency: currencies[country] ?? 'usd',
        details_submitted: false,
        email: null,
        external_accounts: {
          object: 'list',
          data: [],
          has_more: false,
          url: `/v1/accounts/${id}/external_accounts`,
        },
        future_requirements: requirements([]),
        metadata: {},
        payouts_enabled: false,
        requirements: requirements(due),
        settings: blankSettings,
        tos_acceptance: { date: null, ip: null, user_agent: null },
        type: params.type ?? (params.controller === undefined ? 'standard' : 'none'),
      };
      return world.state.accounts.put(apply(account, params));
    },
  ),
  endpoint('secret', 'GET', '/v1/accounts', paging, (world, params) =>
    page(
      '/v1/accounts',
      world.state.accounts.all().map((one) => ({ ...one, created: one.created ?? 0 })),
      params,
    ),
  ),
  endpoint('secret', 'GET', '/v1/accounts/:id', {}, (world, _, call) => getAccount(world, part(call, 'id'))),
  endpoint('secret', 'POST', '/v1/accounts/:id', changeable, (world, params, call) => {
    const old = getAccount(world, part(call, 'id'));
    const updated = world.state.accounts.put(apply(old, params));
    world.emit('account.updated', updated, {
      account: old.id,
      changed: { capabilities: old.capabilities, metadata: old.metadata },
    });
    return updated;
  }),
  endpoint(
    'secret',
    'POST',
    '/v1/account_links',
    {
      account: text,
      type: z.enum(['account_onboarding', 'account_update']),
      refresh_url: z.url(),
      return_url: z.url(),
      collect: text.optional(),
      collection_options: z.record(z.string(), z.unknown()).optional(),
    },
    (world, params): Stripe.AccountLink => {
      const account = getAccount(world, params.account, 'account');
      if (params.type === 'account_update' && account.type === 'standard')
        throw refused('Account links of type account_update are not available for standard accounts.');
      const link = world.state.links.put({
        id: world.newId('link'),
        account: account.id,
        expiresAt: world.now() + minutes5,
        used: false,
        returnUrl: params.return_url,
        refreshUrl: params.refresh_url,
      });
      const url = new URL(`/stripe-sim/onboarding/${account.id}`, new URL(params.return_url).origin);
      url.searchParams.set('link', link.id);
      return { object: 'account_link', created: world.now(), expires_at: link.expiresAt, url: url.href };
    },
  ),
];
