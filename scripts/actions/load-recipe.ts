// The recipe of a run that starts or is resumed: from a file, from the run's folder, or from flags alone.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { hasRun, pathsOf, type RunMode } from '../../coordinator/run/folder.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { parseSet, parseValue, type Override } from '../../shared/recipe/overrides.js';
import { parseRecipe, type ParsedRecipe } from '../../shared/recipe/parse.js';
import type { PlainMap } from '../../shared/recipe/plain.js';
import { mapStages } from '../../shared/recipe/stages.js';
import type { RecipeFlags } from '../commands/options.js';
import { fitRecipe, isKeyOfSide } from '../data/fit-recipe.js';
import { chooseNewRunFolder, requireNewestRun } from './run-folders.js';

export interface LoadedRecipe extends ParsedRecipe {
  /** The run's folder. It may not exist yet where a run may start. */
  readonly out: string;
  readonly mode: RunMode;
  /** Where nothing says how long, how large or how fast the run shall be: the data decide. */
  readonly fit?: typeof fitRecipe;
}

/** The values that flags lay over the recipe; `--set` over the short ones. */
function listOverrides(flags: RecipeFlags): Override[] {
  const number = (name: string, text: string | undefined): Override[] =>
    text === undefined ? [] : [{ path: [name], value: parseValue(text, `--${name} ${text}`), flag: `--${name} ${text}` }];
  const text = (path: readonly string[], name: string, value: string | undefined): Override[] =>
    value === undefined ? [] : [{ path, value, flag: `--${name} ${value}` }];
  return [
    ...text(['data', 'root'], 'data', flags.data),
    ...text(['task', 'name'], 'task', flags.task),
    ...text(['init', 'from'], 'init', flags.init),
    ...number('steps', flags.steps),
    ...number('seed', flags.seed),
    ...(flags.strict === true ? [{ path: ['exchange', 'strict'], value: true, flag: '--strict' }] : []),
    ...(flags.set ?? []).map(parseSet),
  ];
}

function readRecipeFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw new PretextError('BAD_ARGUMENT', `expected a recipe at "${path}": it is a folder.`, { hint: `A folder of data is given by --data ${path}`, cause: error });
    throw new PretextError('BAD_ARGUMENT', `expected a recipe at "${path}": ${code === 'ENOENT' ? 'there is no such file' : messageOf(error)}.`, {
      hint: 'Without a recipe, pretext run --data DIR takes the defaults.',
      cause: error,
    });
  }
}

/** Throws BAD_ARGUMENT when flags contradict each other. */
export function modeOf({ resume = false, resumeOrStart = false, recover = false, out }: RecipeFlags): RunMode {
  const problem = resume && resumeOrStart ? 'expected --resume or --resume-or-start, given both.'
    : resumeOrStart && out === undefined ? '--resume-or-start needs --out: it names the run that is gone on with.'
    : recover && !resume && !resumeOrStart ? '--recover is for a run that is gone on with: add --resume.'
    : undefined;
  if (problem !== undefined) throw new PretextError('BAD_ARGUMENT', problem);
  return resume ? 'resume' : resumeOrStart ? 'resumeOrStart' : 'start';
}

const SIZES = new Set(['steps', 'batch', 'optimizer', 'model', 'stages', 'init']);

const isOfSizes = (path: readonly string[]): boolean => SIZES.has(path[0]!) || isKeyOfSide(path);

/** Whether a recipe's text, which is valid, says nothing of sizes. */
function isSilent(text: string): boolean {
  const keys = (parse(text) ?? {}) as PlainMap;
  return ![...Object.keys(keys).map((key) => [key]), ...Object.keys(keys['data'] ?? {}).map((key) => ['data', key])].some(isOfSizes);
}

/** False when neither a file nor a flag says anything of the recipe. */
function isRecipeGiven(file: string | undefined, flags: RecipeFlags): boolean {
  return file !== undefined || listOverrides(flags).length > 0;
}

/**
 * Reads the recipe and lays the flags over it; what is resumed has its own where none is given. `data.root` of every stage becomes
 * absolute. Throws BAD_RECIPE, BAD_ARGUMENT, or NOT_FOUND when there is nothing to resume.
 */
export function loadRecipe(file: string | undefined, flags: RecipeFlags): LoadedRecipe {
  const mode = modeOf(flags);
  const out = flags.out ?? (mode === 'resume' ? requireNewestRun() : chooseNewRunFolder(new Date()));
  const paths = pathsOf(out);
  const isStored = mode === 'resume' || (mode === 'resumeOrStart' && !isRecipeGiven(file, flags) && hasRun(paths));
  const path = file ?? (isStored ? paths.recipe : undefined);
  if (mode === 'resume' && !existsSync(paths.recipe)) {
    throw new PretextError('NOT_FOUND', `"${out}" holds no run to resume.`, { hint: 'Leave --resume out to start one.' });
  }
  const text = path === undefined ? '' : readRecipeFile(path);
  const overrides = listOverrides(flags);
  const { recipe, locates } = parseRecipe(text, { file: path ?? 'recipe', overrides });
  const isOpen = isSilent(text) && !overrides.some(({ path: key }) => isOfSizes(key));
  return { recipe: mapStages(recipe, (stage) => ({ ...stage, data: { ...stage.data, root: resolve(stage.data.root), ...(stage.data.list !== undefined && { list: resolve(stage.data.list) }) } })), locates, out, mode, ...(isOpen && { fit: fitRecipe }) };
}
