// Every file of a folder, in an order that does not depend on the file system. Leaves out what the files hold.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import type { RejectedItem } from './dataset.js';

export interface Walk {
  /** Paths relative to the root, forward slashes, in code-unit order. */
  readonly paths: readonly string[];
  /** Links out of the folder and folders that cannot be read. */
  readonly rejected: readonly RejectedItem[];
}

/** Lower-case extension without its dot; empty where there is none. */
export function extensionOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}

/**
 * Lists a folder and all below it, without hidden files. A link that leads out of the root is never followed. One
 * that stays inside is left out too, because its target is listed itself, unless the target is hidden (mounted volumes do that).
 * Throws PretextError DATA_MISSING when the root is not a folder that can be read.
 */
export async function walkFolder(root: string): Promise<Walk> {
  const realRoot = await realpath(root).catch((error: unknown) => throwMissing(root, error));
  if (!(await stat(realRoot)).isDirectory()) throwMissing(root, new Error('it is a file'));
  const paths: string[] = [];
  const rejected: RejectedItem[] = [];

  async function visit(folder: string): Promise<void> {
    const entries = await readdir(join(realRoot, folder), { withFileTypes: true });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await visit(path).catch((error: unknown) => reject(path, error));
      else if (entry.isFile() || (await isLinkToHiddenFile(entry, path))) paths.push(path);
    }
  }

  function reject(path: string, error: unknown): void {
    rejected.push({ path, code: 'NOT_FOUND', reason: `It cannot be read: ${messageOf(error)}` });
  }

  async function isLinkToHiddenFile(entry: Dirent, path: string): Promise<boolean> {
    if (!entry.isSymbolicLink()) return false;
    const target = await realpath(join(realRoot, path)).catch(() => undefined);
    const inside = target === undefined ? '..' : relative(realRoot, target);
    if (inside.split(sep)[0] === '..') {
      rejected.push({ path, code: 'REFUSED', reason: 'It is a link that leads out of the folder, or nowhere.' });
      return false;
    }
    return inside.split(sep).some((part) => part.startsWith('.')) && (await stat(join(realRoot, path))).isFile();
  }

  await visit('').catch((error: unknown) => throwMissing(root, error));
  return { paths: paths.sort(), rejected };
}

function throwMissing(root: string, error: unknown): never {
  throw new PretextError('DATA_MISSING', `The data folder "${root}" cannot be read: ${messageOf(error)}`, {
    hint: 'Give the path of a folder of videos or images.',
    cause: error,
  });
}
