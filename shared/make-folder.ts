// Makes a folder with those above it. Node's own way never returns where a file system takes no folders, such as /proc.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PretextError } from './errors/pretext-error.js';

/** Throws what the system says, also when something else has the name; PretextError REFUSED where no folder can be. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const above = dirname(path);
    if (code !== 'ENOENT') throw error;
    if (above === path || (await stat(above).catch(() => undefined))) {
      throw new PretextError('REFUSED', `"${path}" cannot be made: the file system takes no folders there.`, { hint: 'Give another folder.', cause: error });
    }
    await makeFolder(above);
    await makeFolder(path);
  }
}
