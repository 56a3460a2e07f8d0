import { HttpClient } from '../clients/http-client.ts';

/** One password for all of the demo's people: a demo is refused in public and with a live payment key. */
const password = 'rainy tea evening';

/** Who can be signed in as, and what for. */
export const people = [
  { handle: 'Hana', role: 'host' },
  { handle: 'Aki', role: 'vendor' },
  { handle: 'Bo', role: 'vendor' },
  { handle: 'Ana', role: 'analyst' },
  { handle: 'Olga', role: 'operator' },
  { handle: 'Mia', role: 'viewer' },
] as const;

export type Handle = (typeof people)[number]['handle'];

export const signIns = people.map(({ handle, role }) => ({ role, handle, password }));

/** Synthetic viewers, who talk and buy by themselves. */
export const crowdHandles = ['tealeaf', '阿橘', 'Jun', 'kirin_88', '小满', 'nori'];

/** Signs somebody in, up at the first start. */
export async function enter(address: string, handle: string): Promise<HttpClient> {
  const client = new HttpClient(address);
  const known = await client.call('POST', '/login-sessions', { handle, password });
  if (known.status < 300) return client;
  const made = await client.call('POST', '/accounts', { handle, password });
  if (made.status >= 300) throw new Error(`${handle} could not sign up: ${JSON.stringify(made.body)}`);
  return client;
}
