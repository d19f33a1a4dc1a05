// The conventions that are known.

import type { Convention } from './convention.js';
import { timm } from './timm.js';
import { torchvision } from './torchvision.js';

export const conventions = { torchvision, timm } satisfies Record<string, Convention>;

export type ConventionName = keyof typeof conventions;

/** The convention that a file's names are of; undefined where none is. */
export function recognise(names: readonly string[]): Convention | undefined {
  const all = new Set(names);
  return Object.values<Convention>(conventions).find((convention) => convention.recognises(all));
}

/** A beginning that all names share which are of a convention without it: what wrappers put before them. */
export function findPrefix(names: readonly string[]): string | undefined {
  const beginnings = new Set(names.flatMap((name) => /^(?:[a-z_]+\.)+?(?=conv1\.weight$|patch_embed\.proj\.weight$)/i.exec(name)?.[0] ?? []));
  return [...beginnings].find((prefix) => recognise(names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))));
}
