// What a file holds, as one hash that is cheap for large files too: it names the content in the manifest and in caches.

import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Item } from './dataset.js';
import type { LocatedFile } from './locate-file.js';

/** Files up to this size are read whole. */
const WHOLE_BYTES = 4 * 2 ** 20;
const BLOCK_BYTES = 64 * 2 ** 10;
const NUM_BLOCKS = WHOLE_BYTES / BLOCK_BYTES;

export interface Content {
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/**
 * Hash of the size and the bytes of a file. Of one larger than 4 MiB it reads 64 blocks of 64 KiB, evenly spread from the first byte to
 * the last: another file differs somewhere in them, but a change of a few bytes between them is not seen.
 */
export async function hashContent(path: string): Promise<Content> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256').update(`${size}\n`);
    for (const { start, length } of blocksOf(size)) hash.update(await readBlock(file, start, length));
    return { bytes: size, hash: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/** What is read of a file of a size. */
export function blocksOf(bytes: number): { readonly start: number; readonly length: number }[] {
  if (bytes <= WHOLE_BYTES) return [{ start: 0, length: bytes }];
  return Array.from({ length: NUM_BLOCKS }, (_, i) => ({ start: Math.floor((i * (bytes - BLOCK_BYTES)) / (NUM_BLOCKS - 1)), length: BLOCK_BYTES }));
}

/** Fewer bytes where the file has been cut in the meantime. */
async function readBlock(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const block = new Uint8Array(length);
  let numRead = 0;
  while (numRead < length) {
    const { bytesRead } = await file.read(block, numRead, length - numRead, start + numRead);
    if (bytesRead === 0) break;
    numRead += bytesRead;
  }
  return block.subarray(0, numRead);
}

/** Whether a file holds what was listed: by size, then by the time of its last change, and only where that differs by its content. */
export async function isUnchanged(file: LocatedFile, item: Pick<Item, 'bytes' | 'content' | 'modifiedMs'>): Promise<boolean> {
  if (file.bytes !== item.bytes) return false;
  if (item.content === undefined || file.modifiedMs === item.modifiedMs) return true;
  return (await hashContent(file.path)).hash === item.content;
}
