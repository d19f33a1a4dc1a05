// What `pretext finetune` does: plans a run from a trunk and labels, says what it chose, runs it, and says how good it has become.

import { resolve } from 'node:path';
import { hasRun, pathsOf, type RunMode } from '../../coordinator/run/folder.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { parseSet } from '../../shared/recipe/overrides.js';
import type { FineTuneFlags } from '../commands/finetune.js';
import { describeAccuracy } from '../format/evaluation.js';
import { formatLines } from '../format/lines.js';
import { loadRecipe, modeOf, type LoadedRecipe } from './load-recipe.js';
import { prepareFineTune, type PreparedFineTune } from './prepare-finetune.js';
import { readResources } from './read-resources.js';
import { chooseNewRunFolder } from './run-folders.js';
import { runToReport } from './run-to-report.js';
import { stopOnSignals } from './stop-on-signals.js';

/** The report is in the run's folder when it returns. Throws PretextError when the run cannot start or has to stop. */
export async function fineTuneHere(flags: FineTuneFlags): Promise<void> {
  const { report, workers, backend, threads, json = false, level } = flags;
  const signal = stopOnSignals();
  const planned = findEarlier(flags) ?? await plan(flags, signal);
  if ('lines' in planned && !json) process.stdout.write(formatLines(planned.lines));
  const result = await runToReport({
    ...planned, workers, backend, threads, json, level, signal, resources: readResources(flags), ...dropUndefined({ report }),
    host: '127.0.0.1', port: 0, insecure: false, isEvaluated: true,
  });
  if (!json && result.evaluation) process.stdout.write(formatLines(describeAccuracy(result.evaluation, planned.recipe.stages.at(-1)!.data.labelShare ?? 1)));
}

type Planned = PreparedFineTune & { readonly out: string; readonly mode: RunMode };

async function plan(flags: FineTuneFlags, signal: AbortSignal): Promise<Planned> {
  const { data, scratch, set = [], out = chooseNewRunFolder(new Date()), ...choices } = flags;
  if (data === undefined) throw new PretextError('BAD_ARGUMENT', 'expected the folder of the labelled items: --data DIR.', { hint: 'Only --resume goes without.' });
  if (scratch === true && choices.init === undefined) throw new PretextError('BAD_ARGUMENT', '--scratch takes the model of --init: give one, or leave both out.');
  const prepared = await prepareFineTune({ ...choices, data: resolve(data), isScratch: scratch, sets: set.map(parseSet), signal });
  return { ...prepared, out, mode: 'start' };
}

/** The run that is to be gone on with; what `set` says of it is laid over. Exported for its test. */
export function findEarlier({ resume = false, resumeOrStart = false, out, set }: Pick<FineTuneFlags, 'resume' | 'resumeOrStart' | 'out' | 'set'>): LoadedRecipe | undefined {
  const mode = modeOf({ resume, resumeOrStart, ...dropUndefined({ out }) });
  const goesOn = mode === 'resume' || (mode === 'resumeOrStart' && hasRun(pathsOf(out!)));
  return goesOn ? loadRecipe(undefined, { resume: true, ...dropUndefined({ out, set }) }) : undefined;
}
