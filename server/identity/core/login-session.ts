import type { LoginSessionId, PersonId } from '#contract/ids.ts';

/** A browser's proof of who it is; `loginSessionId` is made from the hash of the token in its cookie. */
export type LoginSession = {
  loginSessionId: LoginSessionId;
  personId: PersonId;
  createdAt: number;
  lastSeenAt: number;
};

const dayMs = 86_400_000;

/** A login session ends 14 days after it was last used, and 90 days after it began. */
export const idleLimitMs = 14 * dayMs;
export const absoluteLimitMs = 90 * dayMs;

const touchEveryMs = 3_600_000;

export function isAlive({ createdAt, lastSeenAt }: LoginSession, now: number): boolean {
  return now < lastSeenAt + idleLimitMs && now < createdAt + absoluteLimitMs;
}

/** Whether its use has to be noted: once an hour is enough to keep it from idling out. */
export function needsTouch({ lastSeenAt }: LoginSession, now: number): boolean {
  return now >= lastSeenAt + touchEveryMs;
}
