import { z } from 'zod';
import { expand } from './expand.ts';
import type { Form } from './form.ts';
import { parseParams } from './params.ts';
import type { World } from './world.ts';

/** Who may call: the platform with its secret key, or a browser with the publishable one. */
export type KeyKind = 'secret' | 'publishable';

/** What a handler gets beside its parameters. */
export type Call = {
  /** The parts of the path that its pattern names. */
  path: Record<string, string>;
  /** The `Stripe-Account` header. */
  account: string | undefined;
};

/** One method and path of the API. `answer` runs to its end without waiting. */
export type Endpoint = {
  method: 'GET' | 'POST' | 'DELETE';
  pattern: string;
  key: KeyKind;
  answer: (world: World, form: Form, call: Call) => unknown;
};

const Expand = z.array(z.string()).max(20).default([]);

/** Joins a path, the shape of its parameters and its handler. Every endpoint takes `expand`. */
export const endpoint = <S extends z.ZodRawShape>(
  key: KeyKind,
  method: Endpoint['method'],
  pattern: string,
  shape: S,
  run: (world: World, params: z.infer<z.ZodObject<S>>, call: Call) => unknown,
): Endpoint => {
  const schema = z.strictObject(shape);
  return {
    method,
    pattern,
    key,
    answer: (world, form, call) => {
      const { expand: paths, key: _, ...own } = form;
      const wanted = parseParams(Expand, paths === undefined ? [] : paths);
      return expand(world, run(world, parseParams(schema, own), call), wanted);
    },
  };
};

/** The part of the path named so in the pattern; a pattern that lacks it is a bug. */
export const part = (call: Call, name: string): string => {
  const value = call.path[name];
  if (value === undefined) throw new Error(`the path has no ${name}`);
  return value;
};
