import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    mongoUri: string;
  }
}

/** The URI of a new empty database on the MongoDB that this test run shares. */
export function openMongo(): string {
  const uri = new URL(inject('mongoUri'));
  uri.pathname = `/test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  return uri.href;
}
