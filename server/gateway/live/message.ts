import type { z } from 'zod';
import type { LiveContract } from '#contract/envelope.ts';
import type { Result } from '#contract/errors.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Action, Actor, Scope } from '#contract/permissions.ts';

/** What a live handler gets beside the message's data. */
export type LiveContext = {
  actor: Actor;
  /** The room the message concerns: the sender has entered it. Absent for messages outside rooms. */
  streamId: StreamId | undefined;
  viewingSessionId: string;
  address: string;
  /** Names the socket within this process. */
  socketId: string;
  /** Tells this socket alone. */
  tell(t: string, d: unknown): void;
};

/** One message clients may send: data, so that the hub, permissions and tests can read it. */
export type LiveMessage = {
  t: string;
  action: Action;
  request: z.ZodType;
  /** True: the frame must name a room the socket has entered. */
  inRoom: boolean;
  /** Tokens per socket: at most `burst` at once, `perSecond` on the long run. */
  pace: { perSecond: number; burst: number };
  scope: (context: LiveContext, d: unknown) => Scope | undefined | Promise<Scope | undefined>;
  handle: (context: LiveContext, d: unknown) => Promise<Result<unknown, string>>;
};

/**
 * Binds one message of a slice's contract to an action of the permission table and a handler. The answer goes back
 * to the sender when the frame carried an id; refusals are values, a thrown `Fault` becomes a refusal of its code.
 */
export function message<Contract extends LiveContract, T extends keyof Contract['fromClient'] & string>(
  contract: Contract,
  t: T,
  spec: {
    action: Action;
    inRoom?: boolean;
    pace?: { perSecond: number; burst: number };
    scope?: (
      context: LiveContext,
      d: z.infer<Contract['fromClient'][T]['request']>,
    ) => Scope | undefined | Promise<Scope | undefined>;
    handle: (
      context: LiveContext,
      d: z.infer<Contract['fromClient'][T]['request']>,
    ) => Promise<Result<z.input<Contract['fromClient'][T]['value']>, string>>;
  },
): LiveMessage {
  return {
    t,
    action: spec.action,
    request: requestOf(contract, t),
    inRoom: spec.inRoom ?? true,
    pace: spec.pace ?? { perSecond: 5, burst: 10 },
    // The session parses `d` with the request's schema before it calls either of these.
    scope: (spec.scope ?? (() => ({}))) as LiveMessage['scope'],
    handle: spec.handle as LiveMessage['handle'],
  };
}

function requestOf(contract: LiveContract, t: string): z.ZodType {
  const asked = contract.fromClient[t];
  if (asked === undefined) throw new Error(`the contract has no message ${t}`);
  return asked.request;
}
