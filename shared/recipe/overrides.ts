// Values from the command line, laid over the recipe's text before anything is validated.

import { parse } from 'yaml';
import { PretextError, messageOf } from '../errors/pretext-error.js';
import { isMap, type PlainMap } from './plain.js';

/** One value that a flag gives. `flag` is what the user typed, for errors: `--steps 10`. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly flag: string;
}

/** Text of a flag as YAML reads it: `8` is a number, `[1, 2]` a list. Throws BAD_ARGUMENT. */
export function parseValue(text: string, flag: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new PretextError('BAD_ARGUMENT', `${flag}: expected a YAML value, given one that cannot be read: ${messageOf(error).split('\n')[0]}`);
  }
}

/** Reads the `key.of.the.recipe=value` of a `--set`. Throws BAD_ARGUMENT. */
export function parseSet(text: string): Override {
  const flag = `--set ${text}`;
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).trim().split('.');
  if (path.includes('')) {
    throw new PretextError('BAD_ARGUMENT', `${flag}: expected key=value, such as --set batch.microbatches=4.`);
  }
  return { path, value: parseValue(text.slice(equals + 1), flag), flag };
}

/** A copy of `root` with the value at `path` replaced; what is not a map on the way becomes one. */
function withValue(root: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const map: PlainMap = isMap(root) ? root : {};
  const child = Object.hasOwn(map, key) ? map[key] : undefined;
  return { ...map, [key]: withValue(child, rest, value) };
}

/** Lays overrides over a recipe that is not yet validated, the last one on top. */
export function applyOverrides(recipe: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((result, { path, value }) => withValue(result, path, value), recipe);
}
