// Whether a file on this machine holds what the run listed. A copy's times say nothing about it, so its bytes are read, once.

import { hashContent } from '../../shared/datasets/content-hash.js';
import type { LocatedFile } from '../../shared/datasets/locate-file.js';

export interface ExpectedContent {
  readonly bytes: number;
  /** Hash of what it holds. Without it the size has to do. */
  readonly content?: string | undefined;
}

export type ContentCheck = (file: LocatedFile, expected: ExpectedContent) => Promise<boolean>;

/** A check that remembers what it has read, for as long as the file is not touched. */
export function createContentCheck(): ContentCheck {
  const known = new Map<string, { readonly signature: string; readonly hash: Promise<string> }>();

  async function hashOf({ path, bytes, modifiedMs, changedMs }: LocatedFile): Promise<string> {
    const signature = `${bytes} ${modifiedMs} ${changedMs}`;
    const before = known.get(path);
    if (before?.signature === signature) return before.hash;
    const hash = hashContent(path).then((content) => content.hash);
    known.set(path, { signature, hash });
    hash.catch(() => known.delete(path));
    return hash;
  }

  return async (file, { bytes, content }) => file.bytes === bytes && (content === undefined || (await hashOf(file)) === content);
}
