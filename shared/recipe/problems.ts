// What is wrong with a recipe, one line a problem: `file:line: key: expected ..., given ...`.

import type { z } from 'zod';
import { describeAllowed, keyPaths, nodeAt, toSchemaNode, type SchemaNode } from './allowed.js';
import type { Locate } from './locate.js';
import { suggest } from './suggest.js';

const MAX_GIVEN_CHARS = 60;

/** A value as an error shows it. */
export function describeGiven(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys with values';
  // Not JSON for numbers: it would show .nan and .inf as null.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > MAX_GIVEN_CHARS ? `${text.slice(0, MAX_GIVEN_CHARS)}...` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

/** A key's right name: one beside it, else a key elsewhere that ends in the same word. */
function findMeant(root: SchemaNode, parent: readonly PropertyKey[], key: string): string | undefined {
  const beside = suggest(key, Object.keys(nodeAt(root, parent)?.properties ?? {}));
  if (beside !== undefined) return dotted([...parent, beside]);
  return keyPaths(root).find((path) => path.split('.').at(-1) === key);
}

function describeUnknownKey(root: SchemaNode, prefix: readonly string[], parent: readonly PropertyKey[], key: string): string {
  const meant = findMeant(root, parent, key);
  if (meant !== undefined) return `no such key; did you mean ${dotted([...prefix, meant])}?`;
  const known = Object.keys(nodeAt(root, parent)?.properties ?? {}).join(', ');
  return `no such key; expected ${known === '' ? 'no keys here' : `one of ${known}`}`;
}

function describeExpected(root: SchemaNode, issue: z.core.$ZodIssue): string {
  // Only a refinement knows what it asks for: it says so in its message, in words that follow "expected".
  if (issue.code === 'custom') return issue.message;
  const node = nodeAt(root, issue.path);
  return node === undefined ? issue.message : describeAllowed(node);
}

/** A part of a recipe that a schema refuses. */
export interface Refused {
  readonly schema: z.ZodType;
  readonly issues: readonly z.core.$ZodIssue[];
  readonly input: unknown;
  readonly locate: Locate;
  /** Where the part sits in the recipe. Default: it is the whole. */
  readonly prefix?: readonly string[];
}

export function listProblems({ schema, issues, input, locate, prefix = [] }: Refused): string[] {
  const root = toSchemaNode(schema);
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const path = [...prefix, ...issue.path, key];
        const problem = describeUnknownKey(root, prefix, issue.path, key);
        return `${locate(path)}: ${dotted(path)}: ${problem}`;
      });
    }
    const path = [...prefix, ...issue.path];
    const given = describeGiven(valueAt(input, issue.path));
    const key = path.length === 0 ? '' : `${dotted(path)}: `;
    return [`${locate(path)}: ${key}expected ${describeExpected(root, issue)}, given ${given}`];
  });
}
