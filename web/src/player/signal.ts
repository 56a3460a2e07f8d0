import type { z } from 'zod';
import { mediaLive, PeerKey } from '#contract/media.ts';

type Told = typeof mediaLive.toClient;
type Asked = typeof mediaLive.fromClient;

export type SignalAnswer = { ok: true; value: unknown } | { ok: false; refusal: string };

/** A room's signalling, as the player needs it; app/ plugs the live socket in. */
export interface MediaSignal {
  /** Resolves with the answer; rejects when the socket goes before it came. */
  request(t: string, d: unknown): Promise<SignalAnswer>;
  /** Hears one kind of message of the room until the returned function is called. */
  on(t: string, hear: (d: unknown) => void): () => void;
  /** Called each time the room was entered again after a cut. */
  onReturn(hear: () => void): () => void;
}

/** The server said no. */
export class MediaRefused extends Error {
  readonly refusal: string;

  constructor(t: string, refusal: string) {
    super(`${t} was refused: ${refusal}`);
    this.refusal = refusal;
  }
}

/** Asks, and parses the answer with the contract's schema; throws {@link MediaRefused}. */
export async function ask<T extends keyof Asked & string>(
  signal: MediaSignal,
  t: T,
  d: z.input<Asked[T]['request']>,
): Promise<z.infer<Asked[T]['value']>> {
  const answer = await signal.request(t, d);
  if (!answer.ok) throw new MediaRefused(t, answer.refusal);
  return mediaLive.fromClient[t].value.parse(answer.value) as z.infer<Asked[T]['value']>;
}

/** Hears one kind of message, parsed with the contract's schema. */
export function hear<T extends keyof Told & string>(
  signal: MediaSignal,
  t: T,
  act: (d: z.infer<Told[T]['schema']>) => void,
): () => void {
  return signal.on(t, (d) => act(mediaLive.toClient[t].schema.parse(d) as z.infer<Told[T]['schema']>));
}

/** A new secret name for a tab's place in one room's media. Viewer and host of one tab share it. */
export function newPeerKey(): PeerKey {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return PeerKey.parse(
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
  );
}

/** As it will be on the wire: mediasoup-client leaves keys whose value is undefined, which the contract does not know. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
