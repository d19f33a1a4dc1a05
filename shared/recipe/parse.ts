// A recipe's text, with what the command line lays over it, to a validated recipe. Reads no files.

import { LineCounter, parseDocument, type Document } from 'yaml';
import { PretextError } from '../errors/pretext-error.js';
import { createLocate, type Locate } from './locate.js';
import { applyOverrides, type Override } from './overrides.js';
import { listProblems } from './problems.js';
import { recipeSchema, type Recipe } from './schema.js';

export interface ParseOptions {
  /** Name of the text in errors. Default `recipe`. */
  readonly file?: string;
  /** Laid over the text, the last one on top. */
  readonly overrides?: readonly Override[];
}

export interface ParsedRecipe {
  readonly recipe: Recipe;
  /** For errors that are found later, by completeRecipe. */
  readonly locate: Locate;
}

/** The error for a recipe with problems: every one of them, a line each. */
export function createRecipeError(problems: readonly string[]): PretextError {
  return new PretextError('BAD_RECIPE', problems.join('\n'), {
    hint: 'docs/recipe.md lists every key with its default, unit and allowed values.',
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
 * Reads and validates a recipe, filling in every default but those of the options, which completeRecipe knows.
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
  const locate = createLocate(document, lines, file, overrides);
  if (typeof plain !== 'object' || Array.isArray(plain)) {
    throw createRecipeError([`${file}: expected keys with values, given ${Array.isArray(plain) ? 'a list' : typeof plain}`]);
  }
  return { recipe: validateRecipe(applyOverrides(plain, overrides), locate), locate };
}

/** Validates plain values as a recipe, such as one that came over the wire. Throws BAD_RECIPE. */
export function validateRecipe(input: unknown, locate: Locate = () => 'recipe'): Recipe {
  const result = recipeSchema.safeParse(input);
  if (result.success) return result.data;
  throw createRecipeError(listProblems(recipeSchema, result.error.issues, input, locate));
}
