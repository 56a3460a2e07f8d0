import { createContext } from 'svelte';
import type { Announcer } from '../ui/announcer.svelte.ts';
import type { ServerClock } from '../ui/server-clock.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { LiveSocket } from './socket.svelte.ts';
import type { WalletStore } from './wallet.svelte.ts';

/** What every feature may use: one of each on a page, made in app/. */
export type PageParts = {
  session: Session;
  socket: LiveSocket;
  clock: ServerClock;
  announcer: Announcer;
  wallet: WalletStore;
  /** A part of the address that the route names, like `streamId`; empty when it has none. Reactive. */
  param(name: string): string;
  /** Goes to an address of this site without loading the page anew. */
  go(path: string): void;
  /** Asks for a sign-in beside what is on screen: whatever plays goes on. */
  askForSignIn(): void;
};

export const [pageParts, setPageParts] = createContext<PageParts>();
