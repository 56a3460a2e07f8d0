import { z } from 'zod';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { address, fullAddress, mergeMetadata, metadata, paging, shipping, text } from '../params.ts';
import { find, type World } from '../world.ts';

const fields = {
  address: address.optional(),
  description: text.optional(),
  email: text.optional(),
  invoice_settings: z.strictObject({ default_payment_method: text.optional() }).optional(),
  metadata: metadata.optional(),
  name: text.optional(),
  phone: text.optional(),
  preferred_locales: z.array(text).optional(),
  shipping: shipping.optional(),
};

const shippingOf = (given: z.infer<typeof shipping>) => ({
  address: fullAddress(given.address),
  name: given.name,
  phone: given.phone ?? null,
});

const get = (world: World, id: string) => find(world.state.customers.get(id), 'customer', id);

export const customerEndpoints = [
  endpoint('secret', 'POST', '/v1/customers', fields, (world, params) => {
    const customer = world.state.customers.put({
      id: world.newId('cus', 14),
      object: 'customer',
      address: params.address === undefined ? null : fullAddress(params.address),
      balance: 0,
      created: world.now(),
      currency: null,
      customer_account: null,
      default_source: null,
      delinquent: false,
      description: params.description ?? null,
      discount: null,
      email: params.email ?? null,
      invoice_prefix: world.newId('x', 8).slice(2).toUpperCase(),
      invoice_settings: {
        custom_fields: null,
        default_payment_method: params.invoice_settings?.default_payment_method ?? null,
        footer: null,
        rendering_options: null,
      },
      livemode: false,
      metadata: mergeMetadata({}, params.metadata),
      name: params.name ?? null,
      next_invoice_sequence: 1,
      phone: params.phone ?? null,
      preferred_locales: params.preferred_locales ?? [],
      shipping: params.shipping === undefined ? null : shippingOf(params.shipping),
      tax_exempt: 'none',
      test_clock: null,
    });
    world.emit('customer.created', customer);
    return customer;
  }),
  endpoint('secret', 'GET', '/v1/customers', { ...paging, email: text.optional() }, (world, params) => {
    const all = world.state.customers.all();
    return page(
      '/v1/customers',
      params.email === undefined ? all : all.filter((one) => one.email === params.email),
      params,
    );
  }),
  endpoint('secret', 'GET', '/v1/customers/:id', {}, (world, _, call) => get(world, part(call, 'id'))),
  endpoint('secret', 'POST', '/v1/customers/:id', fields, (world, params, call) => {
    const old = get(world, part(call, 'id'));
    const updated = world.state.customers.put({
      ...old,
      address: params.address === undefined ? (old.address ?? null) : fullAddress(params.address),
      description: params.description ?? old.description,
      email: params.email ?? old.email,
      invoice_settings: {
        ...old.invoice_settings,
        default_payment_method:
          params.invoice_settings?.default_payment_method ?? old.invoice_settings.default_payment_method,
      },
      metadata: mergeMetadata(old.metadata, params.metadata),
      name: params.name ?? old.name ?? null,
      phone: params.phone ?? old.phone ?? null,
      preferred_locales: params.preferred_locales ?? old.preferred_locales ?? [],
      shipping: params.shipping === undefined ? old.shipping : shippingOf(params.shipping),
    });
    world.emit('customer.updated', updated, { changed: {} });
    return updated;
  }),
  endpoint('secret', 'DELETE', '/v1/customers/:id', {}, (world, _, call) => {
    const customer = get(world, part(call, 'id'));
    world.state.customers.remove(customer.id);
    world.emit('customer.deleted', customer);
    return { id: customer.id, object: 'customer', deleted: true };
  }),
];
