import type { DropId } from '#contract/ids.ts';

/** The Redis keys of a drop, under one hash tag: no script needs two. */
export const dropKeys = (dropId: DropId) => ({
  /** Hash: epoch, rules, status, openedAt, closesAt, left, number, perViewer. */
  state: `{${dropId}}:state`,
  /** Hash: viewer:key → stored answer. */
  answers: `{${dropId}}:answers`,
  /** Hash: viewer → number of grants. */
  grants: `{${dropId}}:grants`,
  /** Set of grant ids whose unit went back. */
  returned: `{${dropId}}:returned`,
  /** Stream: one entry a batch. */
  log: `{${dropId}}:log`,
});

/** Reads the log for the record. */
export const recorderGroup = 'recorders';
