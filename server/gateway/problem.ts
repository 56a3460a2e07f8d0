import type { ErrorRequestHandler, Response } from 'express';
import { type ErrorCode, errors, type Problem } from '#contract/errors.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';

type More = Pick<Problem, 'detail' | 'faults' | 'retryAfterS'>;

/** Answers with RFC 9457 problem details of a code of the error table. */
export function sendProblem(response: Response, code: ErrorCode, more: Partial<More> = {}): void {
  const { status, title } = errors[code];
  const requestId: unknown = response.locals.requestId;
  const problem: Problem = {
    type: `/problems/${code}`,
    title,
    status,
    code,
    ...more,
    ...(typeof requestId === 'string' ? { requestId } : {}),
  };
  if (more.retryAfterS !== undefined) response.setHeader('retry-after', String(more.retryAfterS));
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The last handler: a `Fault` says its code, the body parsers' own errors are the sender's, the rest is ours. */
export const answerFault: ErrorRequestHandler = (fault: unknown, request, response, _next) => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (fault instanceof Fault) {
    if (errors[fault.code].status >= 500) log(fault, request.path, response);
    const { code, retryAfterS } = fault;
    sendProblem(response, code, {
      detail: fault.message,
      ...(retryAfterS === undefined ? {} : { retryAfterS }),
    });
    return;
  }
  const code = codeOfBodyFault(fault);
  if (code === 'internal') log(fault, request.path, response);
  sendProblem(response, code);
};

function codeOfBodyFault(fault: unknown): ErrorCode {
  const status: unknown = fault instanceof Error ? Reflect.get(fault, 'status') : undefined;
  if (status === 413) return 'body-too-large';
  if (status === 415) return 'unsupported-media-type';
  if (fault instanceof Error && fault.name === 'MulterError')
    return Reflect.get(fault, 'code') === 'LIMIT_FILE_SIZE' ? 'body-too-large' : 'malformed-body';
  return typeof status === 'number' && status < 500 ? 'malformed-body' : 'internal';
}

function log(fault: unknown, path: string, response: Response): void {
  logger.error({ err: fault, path, requestId: response.locals.requestId }, 'request failed');
}
