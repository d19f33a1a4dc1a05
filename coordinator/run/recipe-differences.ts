// Whether a recipe that is given again is that of the run in a folder. What the run filled in from its data is no difference, and what no bit
// depends on may be another. Pure.

import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { isFree } from '../../shared/recipe/free-keys.js';
import { isMap } from '../../shared/recipe/plain.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { RunRecipe } from '../../shared/recipe/stages.js';

const AUTO = 'auto';
const MAX_NAMED = 8;

/** What follows from the data where a recipe says nothing of it. */
const FITTED = /^(steps$|data\.(side|shortSide)$|batch\.|optimizer\.(name|options|learningRate|schedule)(\.|$))/;

interface Given {
  readonly recipe: Recipe;
  readonly isOpen: boolean;
}

/** True where the run has decided what the recipe leaves open. */
function isFilledIn(path: string, { given, stored }: { readonly given: unknown; readonly stored: unknown }, { recipe, isOpen }: Given): boolean {
  if (isOpen && FITTED.test(path)) return true;
  switch (path) {
    case 'data.source':
    case 'task.name': return given === AUTO;
    case 'data.channels': return given === 'all';
    case 'data.range': return given === AUTO || (isMap(given) && 'percentiles' in given);
    case 'data.mean':
    case 'data.deviation':
    case 'init.sha256': return given === undefined;
    // Left out, too, where no task learns from labels.
    case 'data.classes':
    case 'data.classShares':
    case 'data.chance':
    case 'data.labelKind':
    case 'data.labelled': return given === undefined || stored === undefined;
    // Before the task has a name its options have no defaults.
    default: return /^(task\.options|consistency\.second)\./.test(path) && given === undefined && recipe.task.name === AUTO;
  }
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

interface Difference {
  readonly path: string;
  /** Undefined where it is missing. */
  readonly given: unknown;
  readonly stored: unknown;
}

function compare(given: unknown, stored: unknown, path: string, whole: Given): Difference[] {
  if (isFilledIn(path, { given, stored }, whole)) return [];
  if ((isMap(given) || given === undefined) && (isMap(stored) || stored === undefined) && (given ?? stored) !== undefined) {
    const keys = new Set([...Object.keys(given ?? {}), ...Object.keys(stored ?? {})]);
    return [...keys].flatMap((key) => compare(given?.[key], stored?.[key], path === '' ? key : `${path}.${key}`, whole));
  }
  const isSame = path === 'init.from' && typeof given === 'string'
    ? given === stored || resolve(given) === stored
    : isDeepStrictEqual(given, stored);
  return isSame ? [] : [{ path, given, stored }];
}

/** Of all stages, the names of keys with the stage where there are several. Both have as many. */
function compareStages(given: RunRecipe, stored: RunRecipe, isOpen: boolean): (Difference & { readonly name: string })[] {
  return given.stages.flatMap((stage, index) => compare(stage, stored.stages[index], '', { recipe: stage, isOpen })
    .map((difference) => ({ ...difference, name: given.stages.length === 1 ? difference.path : `stages.${index + 1}.${difference.path}` })));
}

/** A sentence's part for each key that differs and must not. `isOpen`: the run chose sizes by its data, and the recipe says nothing of them. */
export function listDifferences(given: RunRecipe, stored: RunRecipe, isOpen = false): string[] {
  if (given.stages.length !== stored.stages.length) return [`stages: the run has ${stored.stages.length}, given ${given.stages.length}`];
  return compareStages(given, stored, isOpen).filter(({ path }) => !isFree(path))
    .map(({ name, ...each }) => `${name}: the run has ${describe(each.stored)}, given ${describe(each.given)}`);
}

/** Likewise for each key that may change while a run goes on. */
export function listChanges(given: RunRecipe, stored: RunRecipe): string[] {
  if (given.stages.length !== stored.stages.length) return [];
  return compareStages(given, stored, false).filter(({ path }) => isFree(path))
    .map(({ name, ...each }) => `${name}: ${describe(each.given)}, ${describe(each.stored)} before`);
}

/** Throws PretextError BAD_RECIPE that names the keys that differ. */
export function throwOnDifferences(given: RunRecipe, stored: RunRecipe, { folder, isOpen = false }: { readonly folder: string; readonly isOpen?: boolean }): void {
  const differences = listDifferences(given, stored, isOpen);
  if (differences.length === 0) return;
  const more = differences.length > MAX_NAMED ? [`and ${differences.length - MAX_NAMED} more`] : [];
  throw new PretextError('BAD_RECIPE', [`The run in "${folder}" has another recipe, and a run keeps what its bits depend on:`, ...differences.slice(0, MAX_NAMED), ...more].join('\n'), {
    hint: 'Leave out what differs, or start a new run in another folder.',
  });
}
