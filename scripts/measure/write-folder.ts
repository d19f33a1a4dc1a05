// Results in a folder that is there with all of its files or not at all.

import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';

/** Throws PretextError BAD_ARGUMENT where other files would lie among the results, REFUSED where no folder can be. */
export async function throwOnFull(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw explainDiskError(error, folder);
  });
  if (names.length === 0) return;
  throw new PretextError('BAD_ARGUMENT', `--out: expected a folder that is empty or not there, but "${folder}" has something in it.`, { hint: 'Give another one.' });
}

/** Moves all that is in `from` to the folder above it, or nothing. */
async function moveUp(from: string, folder: string): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of await readdir(from)) {
      await rename(join(from, name), join(folder, name));
      moved.push(name);
    }
  } catch (error) {
    for (const name of moved) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
  await rm(from, { recursive: true });
}

/** `fill` writes into the folder that it is given. Throws what that throws, PretextError as throwOnFull does, DISK_FULL. */
export async function writeFolder<Result>(out: string, fill: (folder: string) => Promise<Result>): Promise<Result> {
  await throwOnFull(out);
  const folder = resolve(out);
  const isThere = await stat(folder).then(() => true, () => false);
  // A name that nobody else has given: it is removed where the work fails. A folder that is there may be a mount, which cannot be replaced.
  const partial = isThere ? join(folder, `${randomUUID()}.partial`) : `${folder}.${randomUUID()}.partial`;
  try {
    await makeFolder(partial);
    const result = await fill(partial);
    if (isThere) await moveUp(partial, folder);
    else await rename(partial, folder);
    return result;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw explainDiskError(error, folder);
  }
}
