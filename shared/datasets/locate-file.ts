// Where a file of a dataset lies on this machine, if it may be opened at all.

import { access, constants, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { LinkPolicy } from './dataset.js';

export interface LocatedFile {
  /** Links followed. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
}

/**
 * The regular file at a path below `base`, which is a real path itself. Undefined for what is not there, is something else, may not be
 * read, or lies outside where only links within the folder are followed.
 */
export async function locateFile(base: string, path: string, links: LinkPolicy = 'inside'): Promise<LocatedFile | undefined> {
  const real = await realpath(join(base, path)).catch(() => undefined);
  if (real === undefined || (links === 'inside' && !real.startsWith(base + sep))) return undefined;
  const stats = await stat(real).catch(() => undefined);
  // A pipe would be waited for, without end.
  if (!stats?.isFile() || !(await isReadable(real))) return undefined;
  return { path: real, bytes: stats.size, modifiedMs: stats.mtimeMs, changedMs: stats.ctimeMs };
}

function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(() => true, () => false);
}
