// Results in files that are there whole or not at all.

import { randomUUID } from 'node:crypto';
import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';

export interface PrepareOptions {
  /** Where the user gave the name. */
  readonly flag?: string;
  /** Default: any name will do. */
  readonly endings?: readonly string[];
}

/**
 * Finds out before a long work whether its result can be written: makes the folder, and begins the file. Throws PretextError BAD_ARGUMENT for a
 * name of none of the endings or of a folder, REFUSED, DISK_FULL.
 */
export async function prepareFile(path: string, { flag = '--out', endings }: PrepareOptions = {}): Promise<void> {
  if (endings?.includes(extname(path).toLowerCase()) === false) throw new PretextError('BAD_ARGUMENT', `${flag}: expected a name that ends in ${endings.join(', ')}, given "${path}".`);
  try {
    await makeFolder(dirname(path));
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new PretextError('BAD_ARGUMENT', `${flag}: expected the name of a file, but "${path}" is a folder.`);
    const partial = partialOf(path);
    await pipeline(Readable.from([]), createWriteStream(partial));
    await rm(partial, { force: true });
  } catch (error) {
    throw explainDiskError(error, path);
  }
}

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
const partialOf = (path: string): string => `${path}.${randomUUID()}.partial`;
