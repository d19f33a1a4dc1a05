// Makes a folder with those above it. Node's own way never returns where a file system takes no folders, such as /proc.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PretextError } from './errors/pretext-error.js';

/** Throws what the system says, also when something else has the name; PretextError REFUSED where no folder can be. */
export async function makeFolder(path: string): Promise<void> {
  if ((await tryToMake(path)) === undefined) return;
  // Another may make it in the meantime: then it is found there, and is no reason to give up.
  const above = dirname(path);
  if (above !== path) await makeFolder(above);
  const cause = await tryToMake(path);
  if (cause) throw new PretextError('REFUSED', `"${path}" cannot be made: the file system takes no folders there.`, { hint: 'Give another folder.', cause });
}

/** Resolves to undefined once the folder is there, to the error where one above it is not. */
async function tryToMake(path: string): Promise<Error | undefined> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return error as Error;
    if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
  return undefined;
}
