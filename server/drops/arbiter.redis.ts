import type { Redis } from 'ioredis';
import { z } from 'zod';
import { defineScript } from '../platform/script.ts';
import { parseVerdict, type StoredAnswer } from './core/claim.ts';
import { dropKeys } from './keys.ts';
import type { ArbiterReply, ClaimArbiter } from './store.ts';

const lua = (name: string) => new URL(`./lua/${name}.lua`, import.meta.url);

const claimScript = defineScript(lua('claim'), {
  keys: ['state', 'answers', 'grants', 'log'],
  args: ['epoch', 'rules'],
  rest: 'claims',
  reply: z.array(z.string()).min(1),
});
const openScript = defineScript(lua('open'), {
  keys: ['state', 'answers', 'grants', 'returned'],
  args: ['epoch', 'rules', 'openedAt', 'closesAt', 'left', 'perViewer'],
  reply: z.enum(['opened', 'stale']),
});
const loadScript = defineScript(lua('load'), {
  keys: ['state', 'answers', 'grants'],
  args: ['epoch', 'phase'],
  rest: 'known',
  reply: z.enum(['loaded', 'stale', 'lost']),
});
const closeScript = defineScript(lua('close'), {
  keys: ['state'],
  args: ['epoch'],
  reply: z.enum(['closed', 'stale', 'lost']),
});
const giveBackScript = defineScript(lua('give-back'), {
  keys: ['state', 'returned'],
  args: ['epoch', 'grantId'],
  reply: z.enum(['returned', 'known', 'stale', 'lost']),
});

/** The arbiter in Redis: one script a step, everything of a drop under one hash tag. */
export function redisArbiter(redis: Redis): ClaimArbiter {
  return {
    async now() {
      const [seconds, micros] = await redis.time();
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    },
    open: ({ dropId, ...args }) => openScript.run(redis, { keys: dropKeys(dropId), args }),
    load: (dropId, epoch, known, isLast) =>
      loadScript.run(redis, {
        keys: dropKeys(dropId),
        args: { epoch, phase: isLast ? 'last' : 'more' },
        rest: known.flatMap(({ viewer, key, answer }) => [viewer, key, writeAnswer(answer), answer.ordinal]),
      }),
    async claim(dropId, { epoch, rules }, claims) {
      const rest: string[] = [];
      for (const { viewer, key, verdict } of claims) rest.push(viewer, key, verdict);
      return readReply(
        await claimScript.run(redis, { keys: dropKeys(dropId), args: { epoch, rules }, rest }),
      );
    },
    close: (dropId, epoch) => closeScript.run(redis, { keys: dropKeys(dropId), args: { epoch } }),
    giveBack: (dropId, epoch, grantId) =>
      giveBackScript.run(redis, { keys: dropKeys(dropId), args: { epoch, grantId } }),
    async standing(dropId) {
      const [epoch, left, number] = await redis.hmget(dropKeys(dropId).state, 'epoch', 'left', 'number');
      if (epoch === null || epoch === undefined) return undefined;
      return { epoch: Number(epoch), left: Number(left), number: Number(number) };
    },
    winners: (dropId) => redis.hkeys(dropKeys(dropId).grants),
    async forget(dropId) {
      await redis.unlink(...Object.values(dropKeys(dropId)));
    },
    onLoss(listener) {
      // At once, not when it is back: what was asked meanwhile goes out before anybody hears of the return.
      redis.on('close', listener);
    },
  };
}

function readReply(reply: readonly string[]): ArbiterReply {
  const [status, sinceOpeningMs, left, first, size, batchId = ''] = reply;
  if (status === 'lost' || status === 'loading') return { status };
  if (status === 'stale') return { status, epoch: Number(sinceOpeningMs) };
  if (status !== 'decided') throw new Error(`the arbiter answered ${status}`);
  return {
    status,
    sinceOpeningMs: Number(sinceOpeningMs),
    left: Number(left),
    first: Number(first),
    size: Number(size),
    batchId,
    answers: reply.slice(6).map((text) => readAnswer(text)),
  };
}

function readAnswer(text: string): { answer: StoredAnswer; isRepeat: boolean } {
  const isRepeat = text.startsWith('=');
  const words = (isRepeat ? text.slice(1) : text).split(' ');
  const [verdict = '', epoch, number, batchId = '', sinceOpeningMs, ordinal] = words;
  const answer = {
    ...parseVerdict(verdict),
    epoch: Number(epoch),
    number: Number(number),
    batchId,
    sinceOpeningMs: Number(sinceOpeningMs),
    ordinal: Number(ordinal),
  };
  return { answer, isRepeat };
}

function writeAnswer({ outcome, reason, ...answer }: StoredAnswer): string {
  const verdict = reason === undefined ? outcome : `${outcome}:${reason}`;
  const { epoch, number, batchId, sinceOpeningMs, ordinal } = answer;
  return [verdict, epoch, number, batchId, sinceOpeningMs, ordinal].join(' ');
}
