// A recipe's text, with what the command line lays over it, to a validated recipe. Reads no files.

import { LineCounter, parseDocument, type Document } from 'yaml';
import { dropUndefined } from '../drop-undefined.js';
import { PretextError } from '../errors/pretext-error.js';
import { createLocate, type Locate } from './locate.js';
import { applyOverrides, type Override } from './overrides.js';
import { isMap, type PlainMap } from './plain.js';
import { describeGiven, listProblems } from './problems.js';
import { recipeSchema, type Recipe } from './schema.js';
import { expandStages, overridesOfStage, stageOfOverride, type RunRecipe } from './stages.js';

export interface ParseOptions {
  /** Name of the text in errors. Default `recipe`. */
  readonly file?: string;
  /** Laid over the text, the last one on top. */
  readonly overrides?: readonly Override[];
}

export interface ParsedRecipe {
  readonly recipe: RunRecipe;
  /** For errors that completeRecipe finds later, one for each stage. */
  readonly locates: readonly Locate[];
}

/** The error for a recipe with problems: every one of them, a line each. */
export function createRecipeError(problems: readonly string[]): PretextError {
  return new PretextError('BAD_RECIPE', problems.join('\n'), {
    hint: 'docs/recipe.md lists every key with its default, unit and allowed values, docs/tasks.md those of each task.',
  });
}

function throwOnSyntax(document: Document, file: string): void {
  if (document.errors.length === 0) return;
  throw createRecipeError(
    document.errors.map((error) => {
      const line = error.linePos?.[0].line;
      const [what] = error.message.split(/ at line \d+|\n/);
      return `${file}${line === undefined ? '' : `:${line}`}: expected YAML: ${what}`;
    }),
  );
}

/** The document as plain values; an empty one is a recipe of defaults. */
function toPlain(document: Document, file: string): unknown {
  try {
    return (document.toJS() as unknown) ?? {};
  } catch (error) {
    throw createRecipeError([`${file}: expected YAML: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/**
 * Reads and validates a recipe of one stage or several, filling in every default but those of the options, which completeRecipe
 * knows.
 *
 * Throws BAD_RECIPE whose message lists every problem as `file:line: key: expected ..., given ...`, with the flag in the
 * place of file and line where the value comes from one.
 */
export function parseRecipe(text: string, options: ParseOptions = {}): ParsedRecipe {
  const { file = 'recipe', overrides = [] } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  throwOnSyntax(document, file);
  const plain = toPlain(document, file);
  if (!isMap(plain)) throw createRecipeError([`${file}: expected keys with values, given ${Array.isArray(plain) ? 'a list' : typeof plain}`]);
  const recipeText = { document, lines, file };
  throwOnBadStages(plain, createLocate(recipeText, []));
  const stages = expandStages(plain);
  throwOnMisplacedOverrides(overrides, stages.length);
  const parsed = stages.map((stage, index) => {
    const reaching = overridesOfStage(overrides, index + 1);
    const locate = createLocate(recipeText, reaching, stages.length === 1 && plain['stages'] === undefined ? undefined : index + 1);
    return { locate, ...checkRecipe(applyOverrides(stage, reaching), locate, index === 0) };
  });
  const problems = [...new Set(parsed.flatMap((stage) => stage.problems))];
  if (problems.length > 0) throw createRecipeError(problems);
  const recipes = parsed.map(({ recipe }) => recipe!);
  const name = typeof plain['name'] === 'string' ? plain['name'] : undefined;
  return { recipe: { stages: recipes, ...dropUndefined({ name: recipes.length === 1 ? recipes[0]!.name : name }) }, locates: parsed.map(({ locate }) => locate) };
}

function throwOnBadStages({ stages }: PlainMap, locate: Locate): void {
  if (stages === undefined) return;
  const isList = Array.isArray(stages) && stages.length > 0;
  if (!isList) throw createRecipeError([`${locate(['stages'])}: stages: expected a list of at least one stage, given ${describeGiven(stages)}`]);
  const problems = stages.flatMap((stage: unknown, index) =>
    isMap(stage) ? [] : [`${locate(['stages', index])}: stages.${index + 1}: expected keys with values, given ${describeGiven(stage)}`]);
  if (problems.length > 0) throw createRecipeError(problems);
}

function throwOnMisplacedOverrides(overrides: readonly Override[], numStages: number): void {
  const problems = overrides.flatMap((override) => {
    if (override.path[0] !== 'stages') return [];
    const stage = stageOfOverride(override)!;
    const isThere = Number.isInteger(stage) && stage >= 1 && stage <= numStages && override.path.length > 2;
    return isThere ? [] : [`${override.flag}: expected stages.N.key with N from 1 to ${numStages}`];
  });
  if (problems.length > 0) throw createRecipeError(problems);
}

interface Checked {
  readonly recipe?: Recipe;
  readonly problems: readonly string[];
}

function checkRecipe(input: unknown, locate: Locate, isFirst: boolean): Checked {
  const result = recipeSchema.safeParse(input);
  if (!result.success) return { problems: listProblems({ schema: recipeSchema, issues: result.error.issues, input, locate }) };
  if (isFirst && result.data.init?.from === 'stage') {
    return { problems: [`${locate(['init', 'from'])}: init.from: expected seed or the path of a checkpoint in the first stage, given "stage"`] };
  }
  return { recipe: result.data, problems: [] };
}

/** Validates plain values as the recipe of one stage, such as one that came over the wire. Throws BAD_RECIPE. */
export function validateRecipe(input: unknown, locate: Locate = () => 'recipe'): Recipe {
  const result = recipeSchema.safeParse(input);
  if (result.success) return result.data;
  throw createRecipeError(listProblems({ schema: recipeSchema, issues: result.error.issues, input, locate }));
}
