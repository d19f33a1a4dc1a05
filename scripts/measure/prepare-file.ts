// Whether a result can be written where the user wants it, before it is computed.

import { createWriteStream, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';
import { partialOf } from '../../shared/write-whole.js';

export interface PrepareOptions {
  /** Where the user gave the name. */
  readonly flag?: string;
  /** How the name must end; without it no name is refused for its end. */
  readonly endings?: readonly string[];
}

/**
 * Finds out before a long work whether its result can be written: makes the folder, and begins the file. Throws PretextError BAD_ARGUMENT for a
 * name of none of the endings or of a folder, REFUSED, DISK_FULL.
 */
export async function prepareFile(path: string, { flag = '--out', endings }: PrepareOptions = {}): Promise<void> {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new PretextError('BAD_ARGUMENT', `${flag}: expected the name of a file, but "${path}" is a folder.`);
    if (endings?.includes(extname(path).toLowerCase()) === false) throw new PretextError('BAD_ARGUMENT', `${flag}: expected a name that ends in ${endings.join(', ')}, given "${path}".`);
    await makeFolder(dirname(path));
    const partial = partialOf(path);
    await pipeline(Readable.from([]), createWriteStream(partial));
    await rm(partial, { force: true });
  } catch (error) {
    throw explainDiskError(error, path);
  }
}
