// What `pretext suggest` does: lists a folder, looks into some of its files, and says what to try.

import { resolve } from 'node:path';
import type { SourceName } from '../../shared/datasets/kinds.js';
import { parseSet } from '../../shared/recipe/overrides.js';
import { parseRecipe } from '../../shared/recipe/parse.js';
import { EXIT } from '../commands/exit-codes.js';
import type { SuggestFlags } from '../commands/suggest.js';
import { measureItems } from '../data/measure-items.js';
import { describeTraits, suggest } from '../data/suggest.js';
import { formatSuggestion } from '../format/suggestion.js';
import { describeTasks } from '../tasks/describe-tasks.js';
import { listFolder } from '../tasks/list-folder.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Sets the exit code 1 where no task fits. Throws PretextError where a run could not start. */
export async function printSuggestion({ data, set = [], json = false }: SuggestFlags): Promise<void> {
  const root = resolve(data);
  const sets = set.map(parseSet);
  const given = parseRecipe('', { file: 'recipe', overrides: [{ path: ['data', 'root'], value: root, flag: `--data ${data}` }, ...sets] });
  const signal = stopOnSignals();
  const { recipe, items } = await listFolder(given.recipe.stages[0]!, signal);
  const traits = describeTraits(recipe.data.source as SourceName, items, await measureItems(items, recipe, signal));
  const suggestion = suggest(root, traits, describeTasks(), sets);
  process.stdout.write(json ? `${JSON.stringify(suggestion)}\n` : formatSuggestion(suggestion));
  if (suggestion.task === undefined) process.exitCode = EXIT.failed;
}
