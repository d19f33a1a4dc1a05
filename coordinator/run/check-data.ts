// Whether the data of a run are still what it listed, when it is gone on with.

import { realpath } from 'node:fs/promises';
import { isUnchanged } from '../../shared/datasets/content-hash.js';
import type { Item, LabelKind, LinkPolicy } from '../../shared/datasets/dataset.js';
import { createLimiter } from '../../shared/datasets/limiter.js';
import { locateFile } from '../../shared/datasets/locate-file.js';
import { nameSome } from '../../shared/datasets/name-some.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

export interface CheckedData {
  readonly root: string;
  readonly links: LinkPolicy;
  readonly items: readonly Item[];
  /** Masks are looked at where they are the labels that are learnt from. */
  readonly labelKind?: LabelKind | undefined;
}

const CHECKS_AT_ONCE = 16;
const MAX_NAMED = 3;

/**
 * Throws PretextError DATA_CHANGED naming files that hold something else than when they were listed. Files that are gone are named when
 * they are wanted; without the folder nothing is looked at, for workers may have copies.
 */
export async function checkData({ root, links, items, labelKind }: CheckedData): Promise<void> {
  const base = await realpath(root).catch(() => undefined);
  if (base === undefined) return;
  const limit = createLimiter(CHECKS_AT_ONCE);
  const changed = await Promise.all(items.flatMap((item) => (labelKind === 'mask' && item.mask ? [item, item.mask] : [item])).map((item) => limit(async () => {
    const file = await locateFile(base, item.path, links);
    return file === undefined || (await isUnchanged(file, item)) ? [] : [item.path];
  })));
  const paths = changed.flat();
  if (paths.length === 0) return;
  const named = nameSome(paths.map((path) => `"${path}"`), MAX_NAMED);
  throw new PretextError('DATA_CHANGED', `${paths.length} files of "${root}" are not what they were when the run began: ${named}.`, {
    hint: 'Put them back as they were, or start a new run in another folder.',
  });
}
