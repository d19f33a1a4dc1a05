// What a key may be, in words, from the JSON schema of a zod schema. Errors and docs/recipe.md say the same thing.

import { z } from 'zod';

/** The part of JSON schema that recipes use; `unit` and `allowed` are our own metadata. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly allowed?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The JSON schema of what a zod schema takes in. What JSON schema cannot say is left open. */
export function toSchemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
}

/** The node of a key, or undefined where the schema does not know the key. */
export function nodeAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const key of path) {
    if (node === undefined) return undefined;
    if (typeof key === 'number') node = node.items;
    else node = Object.hasOwn(node.properties ?? {}, key) ? node.properties?.[String(key)] : undefined;
  }
  return node;
}

/** Every key below a node as a dotted path, sections included. */
export function keyPaths(node: SchemaNode, prefix = ''): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    prefix + key,
    ...keyPaths(child, `${prefix}${key}.`),
  ]);
}

const NOUNS: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  object: 'keys with values',
  array: 'a list',
  null: 'nothing',
};

/** Zod bounds every whole number by what a double holds exactly; that bound says nothing to people. */
function isBound(limit: number | undefined): limit is number {
  return limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
}

function describeBounds(node: SchemaNode): string {
  const low = isBound(node.minimum) ? node.minimum : undefined;
  const high = isBound(node.maximum) ? node.maximum : undefined;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  const parts = [
    low === undefined ? '' : ` of at least ${low}`,
    isBound(node.exclusiveMinimum) ? ` above ${node.exclusiveMinimum}` : '',
    high === undefined ? '' : ` up to ${high}`,
    isBound(node.exclusiveMaximum) ? ` below ${node.exclusiveMaximum}` : '',
  ].filter((part) => part !== '');
  return parts.join(' and');
}

/** What a key may be, e.g. "a whole number from 8 to 1024". */
export function describeAllowed(node: SchemaNode): string {
  if (node.allowed !== undefined) return node.allowed;
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(describeAllowed))].join(' or ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return `one of ${node.enum.map(String).join(', ')}`;
  const noun = NOUNS[node.type ?? ''] ?? 'a value';
  const multiple = node.multipleOf === undefined ? '' : `, a multiple of ${node.multipleOf}`;
  return noun + describeBounds(node) + multiple;
}
