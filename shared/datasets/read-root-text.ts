// A text file at the root of the data that says something of them.

import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import type { LinkPolicy } from './dataset.js';

export interface RootText {
  readonly root: string;
  readonly name: string;
  /** Default: inside. */
  readonly links?: LinkPolicy | undefined;
  /** What to do about one that cannot be read. */
  readonly hint: string;
}

/** Resolves to undefined where there is none. Throws PretextError BAD_ARGUMENT with the reason where it cannot be read. */
export async function readRootText({ root, name, links = 'inside', hint }: RootText): Promise<string | undefined> {
  const path = join(root, name);
  const refuse = (why: string): never => {
    throw new PretextError('BAD_ARGUMENT', `"${path}" cannot be read: ${why}.`, { hint });
  };
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : refuse(messageOf(error))));
  if (stats === undefined) return undefined;
  // A pipe would be waited for, without end.
  if (!stats.isFile()) refuse(stats.isDirectory() ? 'it is a folder' : 'it is no regular file');
  const [base, real] = await Promise.all([realpath(root), realpath(path)]);
  if (links === 'inside' && !real.startsWith(base + sep)) refuse('it is a link that leads out of the folder (data.links: all follows it)');
  return readFile(path, 'utf8').catch((error: unknown) => refuse(messageOf(error)));
}
