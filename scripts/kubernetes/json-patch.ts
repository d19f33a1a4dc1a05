// JSON Patch (RFC 6902) as far as the manifests use it: add and replace.

import { PretextError } from '../../shared/errors/pretext-error.js';

export interface PatchStep {
  readonly op: 'add' | 'replace';
  /** Parts after slashes; `-` is the place after a list's last item; `~1` stands for a slash, `~0` for a tilde. */
  readonly path: string;
  readonly value: unknown;
}

type Node = Record<string, unknown> | unknown[];

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** A copy of the document with the steps applied. Throws BAD_ARGUMENT where a path leads nowhere. */
export function applyPatch<Document>(document: Document, steps: readonly PatchStep[]): Document {
  const copy = structuredClone(document);
  for (const step of steps) applyStep(copy, step);
  return copy;
}

function applyStep(document: unknown, step: PatchStep): void {
  const parts = step.path.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop()!;
  let node = document;
  for (const part of parts) node = isNode(node) ? (node as Record<string, unknown>)[part] : undefined;
  const isThere = isNode(node) && (Array.isArray(node) ? /^\d+$/.test(key) && Number(key) < node.length : Object.hasOwn(node, key));
  const isNew = step.op === 'add' && (Array.isArray(node) ? key === '-' || Number(key) === node.length : isNode(node));
  if (!isThere && !isNew) throw new PretextError('BAD_ARGUMENT', `a patch of the manifests says ${step.op} ${step.path}: there is no such place.`);
  if (Array.isArray(node)) {
    const index = key === '-' ? node.length : Number(key);
    node.splice(index, step.op === 'add' ? 0 : 1, step.value);
  } else {
    (node as Record<string, unknown>)[key] = step.value;
  }
}
