// What the folders of files say: `train/dog/1.mp4` and `dog/1.mp4` are both a dog, the first one for training. Pure.

import type { Annotation } from './labels.js';
import { looksLikeSplit, splitOf } from './split-names.js';

export interface FolderLabels {
  /** By path. */
  readonly annotations: ReadonlyMap<string, Annotation>;
  /** Folders named like a split that are none, as they lie. */
  readonly doubtful: readonly string[];
}

/**
 * Splits and classes by the folders. Folders that all files share say nothing, unless one of them is a split or the last is the only
 * class there is: `images/train/dog/1.jpg` is a dog for training.
 */
export function labelByFolders(paths: readonly string[]): FolderLabels {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const numShared = countShared(folders);
  const at = findSplitDepth(folders, numShared);
  const hasDeeper = folders.some(({ length }) => length > numShared);
  const doubtful = new Set<string>();
  const annotations = paths.map((path, index): [string, Annotation] => {
    const names = folders[index]!;
    const split = at === undefined ? undefined : splitOf(names[at] ?? '');
    const labelAt = at === undefined ? (hasDeeper ? numShared : numShared - 1) : split === undefined ? at : at + 1;
    names.forEach((name, depth) => {
      if (looksLikeSplit(name) && !(split !== undefined && depth === at)) doubtful.add(names.slice(0, depth + 1).join('/'));
    });
    const label = names[labelAt];
    return [path, { ...(split && { split }), ...(label !== undefined && { label }) }];
  });
  return { annotations: new Map(annotations), doubtful: [...doubtful].sort() };
}

function countShared(folders: readonly (readonly string[])[]): number {
  const [first = []] = folders;
  let shared = first.length;
  for (const names of folders) {
    const differs = first.findIndex((name, depth) => names[depth] !== name);
    if (differs >= 0) shared = Math.min(shared, differs);
  }
  return shared;
}

/** The first depth, at most that where folders begin to differ, where a folder is a split. */
function findSplitDepth(folders: readonly (readonly string[])[], numShared: number): number | undefined {
  for (let depth = 0; depth <= numShared; depth++) {
    if (folders.some((names) => splitOf(names[depth] ?? '') !== undefined)) return depth;
  }
  return undefined;
}
