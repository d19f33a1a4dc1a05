// The manifest: what the dataset held when the run began, one JSON line an item, rejected files included.

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Item, LabelKind, Listing, RejectedItem } from '../../shared/datasets/dataset.js';
import type { PixelFacts } from '../../shared/datasets/pictures/resolve-pixels.js';

export async function writeManifest(path: string, listing: Listing): Promise<void> {
  const lines = [...(listing.pixels ? [JSON.stringify({ pixels: listing.pixels })] : []), ...listing.items.map((item) => JSON.stringify(item)), ...listing.rejected.map((rejected) => JSON.stringify({ rejected }))];
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
}

/** Reads a manifest that `writeManifest` wrote. Throws PretextError NOT_FOUND when it is not there. */
export async function readManifest(path: string): Promise<Listing> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PretextError('NOT_FOUND', `"${path}" cannot be read.`, { hint: 'Give the folder of a run.', cause });
  });
  const rows = text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Item | { rejected: RejectedItem } | { pixels: PixelFacts });
  const pixels = rows.find((row) => 'pixels' in row);
  return {
    items: rows.filter((row): row is Item => 'index' in row),
    rejected: rows.flatMap((row) => ('rejected' in row ? [row.rejected] : [])),
    ...pixels,
  };
}

export interface FoundOut {
  readonly pixels?: PixelFacts | undefined;
  /** Where labels are learnt from. */
  readonly classes?: readonly string[] | undefined;
  /** What labels are. */
  readonly labelKind?: LabelKind | undefined;
}

/**
 * SHA-256 of what the result depends on: path, kind, split, size, length and content of every item, in order, its label or mask where labels are
 * learnt from, and what was found out about the pixels.
 */
export function hashManifest(items: readonly Item[], { pixels, classes, labelKind }: FoundOut = {}): string {
  const hash = createHash('sha256');
  for (const { path, kind, split, bytes, durationS, content, label, mask } of items) {
    const facts = [path, kind, split, bytes, durationS ?? null, content ?? null];
    hash.update(`${JSON.stringify(classes ? [...facts, labelKind === 'mask' ? [mask?.path ?? null, mask?.content ?? null] : label ?? null] : facts)}\n`);
  }
  if (pixels) hash.update(`${JSON.stringify({ pixels })}\n`);
  return hash.digest('hex');
}
