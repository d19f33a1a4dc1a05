// What `pretext data` does: lists a folder as a run would, looks into its files, and says what would make a run wrong.

import { resolve } from 'node:path';
import type { Survey } from '../../shared/datasets/dataset.js';
import { detectSource, sources } from '../../shared/datasets/index.js';
import { resolvePixels } from '../../shared/datasets/pictures/resolve-pixels.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { parseSet } from '../../shared/recipe/overrides.js';
import { parseRecipe } from '../../shared/recipe/parse.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { pixelChoiceOf } from '../../worker/pixels.js';
import type { DataFlags } from '../commands/data.js';
import { EXIT } from '../commands/exit-codes.js';
import { createDataReport, type DataReport, type UnlistedReport } from '../data/data-report.js';
import { lookAtItems } from '../data/look-at-items.js';
import { formatDataReport } from '../format/data-report.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Prints what there is; sets the exit code 1 where a run would be wrong. Throws PretextError where there is no such folder. */
export async function showData(dir: string, { set = [], json = false }: DataFlags): Promise<void> {
  const root = resolve(dir);
  const { recipe } = parseRecipe('', { file: 'recipe', overrides: [{ path: ['data', 'root'], value: root, flag: dir }, ...set.map(parseSet)] });
  const report = await examine(recipe.stages[0]!, stopOnSignals());
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatDataReport(report));
  if (report.problems.length > 0) process.exitCode = EXIT.failed;
}

async function examine({ data, seed }: Recipe, signal: AbortSignal): Promise<DataReport | UnlistedReport> {
  const { root, links, list, holdout } = data;
  let survey: Survey;
  let source: DataReport['source'];
  try {
    source = data.source === 'auto' ? await detectSource(root, data) : data.source;
    survey = await sources[source].list(root, { holdout, links, list, seed, signal });
  } catch (error) {
    // A folder that no run can be started on is what was asked about.
    if (error instanceof PretextError && (error.code === 'DATA_EMPTY' || error.code === 'BAD_ARGUMENT')) return { root, problems: [error.hint === undefined ? error.message : `${error.message} ${error.hint}`] };
    throw error;
  }
  const { keys, notes } = await resolvePixels(data, { root, items: survey.items, signal });
  const looks = await lookAtItems(root, survey.items, { links, pixels: pixelChoiceOf({ ...data, ...keys }), signal });
  return createDataReport({ root, source, survey, looks, notes });
}
