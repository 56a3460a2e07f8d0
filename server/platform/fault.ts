import type { ErrorCode } from '#contract/errors.ts';

/** Something that should not happen on a good path: thrown, logged once at the edge, told as problem+json. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: ErrorCode;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterS?: number }) {
    super(message, { cause: options?.cause });
    this.code = code;
    this.retryAfterS = options?.retryAfterS;
  }
}

/** Closes a switch over a union: reached only by a bug. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
