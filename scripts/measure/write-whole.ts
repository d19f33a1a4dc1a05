// Results in files that are there whole or not at all.

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { makeFolder } from '../../shared/make-folder.js';

/** Finds out before a long work whether its result can be written: makes the folder, and begins the file. Throws PretextError REFUSED, DISK_FULL. */
export async function prepareFile(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await pipeline(Readable.from([]), createWriteStream(partialOf(path)));
    await rm(partialOf(path), { force: true });
  } catch (error) {
    throw explainDiskError(error, path);
  }
}

/** Throws PretextError DISK_FULL, REFUSED; what was there before is not touched then. */
export async function writeWhole(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces, { objectMode: true }), createWriteStream(partialOf(path)));
    await rename(partialOf(path), path);
  } catch (error) {
    await rm(partialOf(path), { force: true });
    throw explainDiskError(error, path);
  }
}

const partialOf = (path: string): string => `${path}.partial`;
