// A text file that names the files to use, one path a line: of a folder's files, those; and which lines name none.

import { readFile } from 'node:fs/promises';
import { messageOf, PretextError } from '../errors/pretext-error.js';
import type { LinkPolicy, ListCounts, RejectedItem } from './dataset.js';
import { keyBelow, keyOf } from './labels.js';
import { walkFolder, type Walk } from './walk.js';

export interface WalkOptions {
  readonly links?: LinkPolicy;
  /** Path of the list; without one every file counts. */
  readonly list?: string | undefined;
}

export interface ListedWalk extends Walk {
  /** Those of the folder, on the list or not. */
  readonly allPaths: readonly string[];
  readonly listed?: ListCounts;
}

/** The files of a folder that are to be used. Throws as `walkFolder` does, and BAD_ARGUMENT where the list cannot be used. */
export async function walkListed(root: string, { links, list }: WalkOptions): Promise<ListedWalk> {
  const walk = await walkFolder(root, links);
  const allPaths = walk.paths;
  if (list === undefined) return { ...walk, allPaths };
  const text = await readFile(list, 'utf8').catch((error: unknown) => {
    throw new PretextError('BAD_ARGUMENT', `The list of files "${list}" cannot be read: ${messageOf(error)}`, { hint: 'data.list names a text file with a path a line.', cause: error });
  });
  return { ...walk, allPaths, ...keepListed(parseList(text, root), walk, list) };
}

/** Paths below the root, as `keyBelow` writes them, with the line of each. Empty lines, and those that begin with #, say nothing. */
export function parseList(text: string, root: string): ReadonlyMap<string, number> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  return new Map(lines.flatMap((line, index) => {
    const written = line.trim();
    if (written === '' || written.startsWith('#')) return [];
    return [[keyBelow(written, root), index + 1] as const];
  }));
}

function keepListed(wanted: ReadonlyMap<string, number>, { paths, rejected }: Walk, list: string): Pick<Walk, 'paths' | 'rejected' | 'numOutside'> & { readonly listed: ListCounts } {
  const kept = paths.filter((path) => wanted.has(keyOf(path)));
  if (kept.length === 0) {
    const [example = 'nothing'] = wanted.keys();
    throw new PretextError('BAD_ARGUMENT', `The list "${list}" has ${wanted.size} paths, and none of them is of a file of the folder: it has "${example}", the folder has "${paths[0] ?? 'nothing'}".`, {
      hint: 'Its paths begin at data.root, one a line with nothing beside it, and end with the extension.',
    });
  }
  const refused = rejected.filter(({ path }) => wanted.has(keyOf(path)));
  const present = new Set([...paths, ...refused.map(({ path }) => path)].map(keyOf));
  const missing = [...wanted].filter(([path]) => !present.has(path)).map(([path, line]): RejectedItem =>
    ({ path, code: 'NOT_FOUND', reason: `Line ${line} of the list names it, but there is no such file.` }));
  return {
    paths: kept,
    rejected: [...refused, ...missing],
    // Links that lead out are refused under their names.
    numOutside: 0,
    listed: { paths: wanted.size, missing: wanted.size - kept.length, left: paths.length - kept.length },
  };
}
