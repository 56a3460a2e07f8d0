import { invalid } from './api-error.ts';
import type { Paging } from './params.ts';

type Listed = { id: string; created?: number };

/** Stripe's list object. */
export type List<T> = { object: 'list'; data: T[]; has_more: boolean; url: string };

const within = (paging: Paging, created: number | undefined): boolean => {
  const range = paging.created;
  if (range === undefined || created === undefined) return true;
  const { gt = -1, gte = 0, lt = Infinity, lte = Infinity } = { gt: undefined, lt: undefined, ...range };
  return created > gt && created >= gte && created < lt && created <= lte;
};

/** One page of records given oldest first; Stripe answers newest first. */
export const page = <T extends Listed>(url: string, oldestFirst: readonly T[], paging: Paging): List<T> => {
  const limit = paging.limit ?? 10;
  if (limit < 1 || limit > 100) throw invalid('Invalid integer: limit must be between 1 and 100', 'limit');
  const all = oldestFirst.filter((record) => within(paging, record.created)).reverse();
  const placeOf = (id: string, param: string): number => {
    const place = all.findIndex((record) => record.id === id);
    if (place < 0) throw invalid(`No such object: '${id}'`, param, 'resource_missing');
    return place;
  };
  if (paging.ending_before !== undefined) {
    const before = all.slice(0, placeOf(paging.ending_before, 'ending_before'));
    return { object: 'list', data: before.slice(-limit), has_more: before.length > limit, url };
  }
  const from = paging.starting_after === undefined ? 0 : placeOf(paging.starting_after, 'starting_after') + 1;
  return { object: 'list', data: all.slice(from, from + limit), has_more: all.length > from + limit, url };
};
