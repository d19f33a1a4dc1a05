// What `pretext verify` does: proves from the folder of a run that every planned sample was counted once.

import { readJournal } from '../../coordinator/journal/journal.js';
import { verifyJournal, type Verification } from '../../coordinator/journal/verify.js';
import { loadRun } from '../../coordinator/main.js';
import { hashManifest } from '../../coordinator/run/manifest.js';
import { hashRecipe } from '../../shared/recipe/hash.js';

export interface VerifyResult extends Verification {
  readonly runId: string;
  readonly steps: number;
}

/** Throws PretextError NOT_FOUND, BAD_RECIPE or JOURNAL_BROKEN when there is nothing to prove from. */
export async function verifyAction(folder: string): Promise<VerifyResult> {
  const { recipe, items, plan, paths } = await loadRun(folder);
  const entries = await readJournal(paths.journal);
  const verification = verifyJournal(entries, plan, recipe.steps, recipe.batch.microbatches);
  const [first] = entries;
  const problems = [...verification.problems];
  if (first?.type !== 'run') problems.push('The journal does not begin with what the run is.');
  else {
    if (first.recipe !== hashRecipe(recipe)) problems.push('The recipe in the folder is not the one that the run began with.');
    if (first.manifest !== hashManifest(items)) problems.push('The manifest in the folder is not the one that the run began with.');
  }
  return { ...verification, problems, isProved: problems.length === 0, runId: first?.type === 'run' ? first.runId : '', steps: recipe.steps };
}
