import { z } from 'zod';
import { endpoint, part } from '../endpoint.ts';
import { page } from '../lists.ts';
import { flag, paging, text } from '../params.ts';
import type { EventEnvelope, EventRecord } from '../state.ts';
import { find } from '../world.ts';

const shown = (record: EventRecord): EventEnvelope => ({
  ...record.event,
  pending_webhooks: record.waiting ? 1 : 0,
});

const matches = (pattern: string, type: string): boolean =>
  pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));

const days30 = 30 * 24 * 60 * 60;

export const eventEndpoints = [
  endpoint(
    'secret',
    'GET',
    '/v1/events',
    {
      ...paging,
      type: text.optional(),
      types: z.array(text).max(20).optional(),
      delivery_success: flag.optional(),
    },
    (world, params) => {
      const patterns = params.types ?? (params.type === undefined ? ['*'] : [params.type]);
      const found = world.state.events
        .all()
        .filter(
          ({ event, waiting }) =>
            event.created > world.now() - days30 &&
            event.account === undefined &&
            patterns.some((pattern) => matches(pattern, event.type)) &&
            (params.delivery_success === undefined || params.delivery_success !== waiting),
        );
      return page('/v1/events', found.map(shown), params);
    },
  ),
  endpoint('secret', 'GET', '/v1/events/:id', {}, (world, _, call) =>
    shown(find(world.state.events.get(part(call, 'id')), 'event', part(call, 'id'))),
  ),
];
