import { ZodObject, type z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { Problem } from '#contract/errors.ts';
import { permissions } from '#contract/permissions.ts';
import type { Route } from './route.ts';

/** OpenAPI 3.1 of the bound routes, from the same schemas that parse their requests. */
export function openApiOf(routes: readonly Route[]): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of routes) {
    const path = `/api/v1${one.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [one.method]: operationOf(one) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Dropcast',
      version: '1',
      description: 'Live-streaming commerce: rooms, drops, orders, reports.',
    },
    // Built from routes just above, one operation per method and path.
    paths: paths as ZodOpenApiPathsObject,
  });
}

function operationOf(one: Route): Record<string, unknown> {
  const { who } = permissions[one.action];
  const problem = {
    description: 'Problem details',
    content: { 'application/problem+json': { schema: Problem } },
  };
  const good = one.reply
    ? { description: 'Good', content: { 'application/json': { schema: one.reply } } }
    : { description: 'Done' };
  return {
    operationId: `${one.method}${one.path.replace(/[/:-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: one.summary,
    description: `Action \`${one.action}\`; allowed: ${who.join(', ')}.`,
    tags: [one.path.split('/')[1] ?? ''],
    requestParams: {
      ...(isObject(one.params) ? { path: one.params } : {}),
      ...(isObject(one.query) ? { query: one.query } : {}),
    },
    ...(one.body && one.bodyKind === 'json'
      ? { requestBody: { content: { 'application/json': { schema: one.body } } } }
      : {}),
    responses: { [String(one.status)]: good, default: problem },
  };
}

const isObject = (schema: z.ZodType | undefined): schema is ZodObject => schema instanceof ZodObject;
