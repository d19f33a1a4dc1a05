// Files that are there whole or not at all.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainDiskError } from './errors/disk-error.js';

/** Throws PretextError DISK_FULL, REFUSED; what was there before is not touched then. */
export async function writeWhole(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const partial = partialOf(path);
  try {
    await pipeline(Readable.from(pieces, { objectMode: true }), createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw explainDiskError(error, path);
  }
}

/** A name that no file of the user has, nor another who writes the same at the same time. */
export const partialOf = (path: string): string => `${path}.${randomUUID()}.partial`;
