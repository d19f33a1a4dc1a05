// Where in the recipe's text, or on the command line, a value comes from.

import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter } from 'yaml';
import type { Override } from './overrides.js';

/** Names the place of a key for an error message: `recipe.yaml:12` or `--steps x`; the file alone for what is not there. */
export type Locate = (path: readonly PropertyKey[]) => string;

/** Line of the deepest part of `path` that the document has; undefined when it has not even the first. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
    } else {
      break;
    }
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

/** True when one path leads to the other: the shorter is the beginning of the longer. */
function isOnTheWay(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.every((key, i) => i >= b.length || String(key) === String(b[i]));
}

/** How to name places of a recipe that was read from `file` and had `overrides` laid over it. */
export function createLocate(document: Document, lines: LineCounter, file: string, overrides: readonly Override[]): Locate {
  return (path) => {
    const override = overrides.findLast((candidate) => path.length > 0 && isOnTheWay(candidate.path, path));
    if (override !== undefined) return override.flag;
    const line = lineOf(document, lines, path);
    return line === undefined ? file : `${file}:${line}`;
  };
}
