// Files that are replaced as a whole, copied so that the copy is there whole or not at all.

import { copyFile, open, rename, stat } from 'node:fs/promises';
import { hashFile } from '../../shared/checkpoint/hash-file.js';

/** The ending of a copy that is not whole yet. */
export const PARTIAL = '.partial';

/** Copies a file where the copy is not what the file is. False when there is no such file, or no longer. */
export type CopyWhole = (from: string, to: string) => Promise<boolean>;

/** What was copied by this process is known by size and time; the first time both are read. */
export function createCopies(): CopyWhole {
  const known = new Map<string, string>();
  return async (from, to) => {
    const mark = await markOf(from);
    if (mark === undefined) return false;
    if (known.get(to) === mark && (await markOf(to)) !== undefined) return true;
    if (!(await isSame(from, to)) && !(await replace(from, to))) return false;
    known.set(to, mark);
    return true;
  };
}

/** Undefined when there is no file. */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function isSame(from: string, to: string): Promise<boolean> {
  const sizeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.size;
  if ((await sizeOf(from)) !== (await sizeOf(to))) return false;
  return (await hashFile(from).catch(() => 'gone')) === (await hashFile(to).catch(() => 'absent'));
}

async function replace(from: string, to: string): Promise<boolean> {
  const partial = `${to}${PARTIAL}`;
  try {
    await copyFile(from, partial);
  } catch (error) {
    // The run has removed it meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (await markOf(from)) === undefined) return false;
    throw error;
  }
  await flush(partial);
  await rename(partial, to);
  return true;
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
