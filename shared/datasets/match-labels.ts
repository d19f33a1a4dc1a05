// Which rows of a labels.csv are of which files, and which of either are left over. Pure.

import { PretextError } from '../errors/pretext-error.js';
import type { LabelCounts, RejectedItem } from './dataset.js';
import { cutRoot, keyOf, LABELS_FILE, type Annotation, type Annotations } from './labels.js';

export interface FolderFiles {
  /** Absolute path of the folder. */
  readonly root: string;
  /** Files of the kind that are used, all of the kind, and all files. */
  readonly paths: readonly string[];
  readonly ofKind: readonly string[];
  readonly allPaths: readonly string[];
}

export interface LabelMatch {
  /** By path of a file that is listed. */
  readonly annotations: ReadonlyMap<string, Annotation>;
  readonly counts: LabelCounts;
  /** Rows that name no file. */
  readonly missing: readonly RejectedItem[];
}

/** Throws PretextError BAD_ARGUMENT where no row names a file of the kind. */
export function matchLabels(labels: Annotations, { root, paths, ofKind, allPaths }: FolderFiles): LabelMatch {
  const rows = new Map([...labels].map(([path, annotation]) => [cutRoot(path, root), annotation]));
  const annotations = new Map(paths.flatMap((path) => {
    const annotation = rows.get(keyOf(path));
    return annotation === undefined ? [] : [[path, annotation] as const];
  }));
  const present = new Set(allPaths.map(keyOf));
  const missing = [...rows.keys()].filter((path) => !present.has(path)).map((path): RejectedItem =>
    ({ path, code: 'NOT_FOUND', reason: `${LABELS_FILE} names it, but there is no such file.` }));
  if (rows.size > 0 && paths.length > 0 && !ofKind.some((path) => rows.has(keyOf(path)))) throwDisjoint(rows, paths);
  return {
    annotations, missing,
    counts: { rows: rows.size, matched: annotations.size, unmatched: missing.length, unlisted: paths.length - annotations.size },
  };
}

function throwDisjoint(rows: ReadonlyMap<string, Annotation>, paths: readonly string[]): never {
  const [row] = rows.keys();
  throw new PretextError('BAD_ARGUMENT', `${LABELS_FILE} has ${rows.size} rows, and none of them names a file of the folder: it has "${row!}", the folder has "${paths[0]!}".`, {
    hint: 'Its paths begin at the folder that it lies in and end with the extension.',
  });
}
