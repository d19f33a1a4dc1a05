// Where in the recipe's text, or on the command line, a value comes from.

import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter } from 'yaml';
import type { Override } from './overrides.js';

/** Names the place of a key for an error message: `recipe.yaml:12` or `--steps x`; the file alone for what is not there. */
export type Locate = (path: readonly PropertyKey[]) => string;

interface Place {
  readonly line: number;
  /** How many keys of the path are there. */
  readonly depth: number;
}

/** Where the deepest part of `path` is that the document has; undefined when it has not even the first. */
function findPlace(document: Document, lines: LineCounter, path: readonly PropertyKey[]): Place | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  let depth = 0;
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
    depth += 1;
  }
  return offset === undefined ? undefined : { line: lines.linePos(offset).line, depth };
}

/** True when one path leads to the other: the shorter is the beginning of the longer. */
function isOnTheWay(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.every((key, i) => i >= b.length || String(key) === String(b[i]));
}

/** A recipe's text and where it came from. */
export interface RecipeText {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
}

/** How to name places of a recipe that had `overrides` laid over it. With `stage`, from 1, paths are that stage's. */
export function createLocate({ document, lines, file }: RecipeText, overrides: readonly Override[], stage?: number): Locate {
  return (path) => {
    const override = overrides.findLast((candidate) => path.length > 0 && isOnTheWay(candidate.path, path));
    if (override !== undefined) return override.flag;
    const shared = findPlace(document, lines, path);
    if (stage === undefined) return shared === undefined ? file : `${file}:${shared.line}`;
    const prefix = ['stages', stage - 1];
    const own = findPlace(document, lines, [...prefix, ...path]);
    const ownDepth = (own?.depth ?? 0) - prefix.length;
    const place = ownDepth > 0 && ownDepth >= (shared?.depth ?? 0) ? own : shared;
    return place === undefined ? `${file} (stage ${stage})` : `${file}:${place.line}`;
  };
}
