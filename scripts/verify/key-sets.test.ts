import { expect, test } from 'vitest';
import { compareKeys, type KeyDifference } from './key-sets.ts';

const kind = (name: string) => ({ type: 'string', enum: [name] });
const schemas = {
  refund: {
    properties: {
      object: kind('refund'),
      id: {},
      charge: { anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/charge' }] },
      details: { anyOf: [{ $ref: '#/components/schemas/details' }] },
      metadata: {},
    },
    required: ['id', 'metadata'],
  },
  details: { properties: { card: { properties: { reference: {} } } } },
  charge: { properties: { object: kind('charge'), id: {} } },
};
const compare = (ours: unknown, theirs: unknown) => {
  const found: KeyDifference = {
    objects: new Set(),
    unknown: new Set(),
    newer: new Set(),
    lacking: new Set(),
  };
  compareKeys(ours, theirs, schemas, found);
  return Object.fromEntries(Object.entries(found).map(([name, paths]) => [name, [...paths]]));
};
const refund = { object: 'refund', id: 're_1', metadata: { anything: 'goes' } };

test('[M-O7] an object that Stripe describes leaves no difference, whatever its metadata hold', () => {
  const ours = {
    ...refund,
    charge: { object: 'charge', id: 'ch_1' },
    details: { card: { reference: null } },
  };
  expect(compare(ours, refund)).toEqual({
    objects: ['refund', 'charge'],
    unknown: [],
    newer: [],
    lacking: [],
  });
});

test('[M-O7] a key that Stripe does not have is named at every depth, in lists and expanded objects too', () => {
  const odd = {
    ...refund,
    colour: 'red',
    charge: { object: 'charge', id: 'ch_1', mood: 'good' },
    details: { card: { reference: null, weight: 3 } },
  };
  const list = { object: 'list', data: [refund, odd] };
  expect(compare(list, { object: 'list', data: [refund] }).unknown).toEqual([
    'refund.colour',
    'charge.mood',
    'refund.details.card.weight',
  ]);
});

test('a key that only the newer SDK names is told apart, and one that ours lacks is told', () => {
  const { metadata: _, ...bare } = refund;
  expect(compare({ ...bare, failure_reason: 'declined' }, { ...refund, reason: null })).toMatchObject({
    unknown: [],
    newer: ['refund.failure_reason'],
    lacking: ['refund.metadata', 'refund.reason'],
  });
});
