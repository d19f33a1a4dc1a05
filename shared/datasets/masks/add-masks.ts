// Masks and the pictures that they are of.

import { messageOf, PretextError } from '../../errors/pretext-error.js';
import type { Item, MaskFile, RejectedItem } from '../dataset.js';
import { createLimiter } from '../limiter.js';
import { tryAgain } from '../try-again.js';
import { readMask } from './read-mask.js';

const READS_AT_ONCE = 4;

export interface Masks {
  readonly root: string;
  /** By path of a picture. */
  readonly maskOf: ReadonlyMap<string, string>;
  readonly classes: readonly string[] | undefined;
}

export interface Masked<Picture> {
  readonly masked: readonly (Picture & { readonly mask?: MaskFile })[];
  /** Masks that cannot be used. */
  readonly misfits: readonly RejectedItem[];
}

/** Pictures with their masks. A mask that cannot be used costs itself, not its picture. */
export async function addMasks<Picture extends { readonly path: string; readonly probed: Pick<Item, 'width' | 'height'> }>(pictures: readonly Picture[], { root, maskOf, classes }: Masks): Promise<Masked<Picture>> {
  const misfits: RejectedItem[] = [];
  const limit = createLimiter(READS_AT_ONCE);
  const masked = await Promise.all(pictures.map((picture) => limit(async () => {
    const path = maskOf.get(picture.path);
    if (path === undefined) return picture;
    const mask = await tryAgain(path, () => readMask({ root, path, size: picture.probed, classes })).catch((error: unknown) => {
      if (error instanceof PretextError && error.code === 'WORKER_FAILED') throw error;
      misfits.push({ path, code: error instanceof PretextError ? error.code : 'DECODE_FAILED', reason: messageOf(error) });
      return undefined;
    });
    return mask ? { ...picture, mask } : picture;
  })));
  return { masked, misfits };
}
