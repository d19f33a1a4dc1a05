// From a trunk and a folder with labels to the recipes of all runs of a label curve. Trains nothing and writes nothing.

import { resolve } from 'node:path';
import { createLister, type Lister } from '../../coordinator/run/complete-stage.js';
import { countAllSteps } from '../../coordinator/run/status.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { ParsedRecipe } from '../../shared/recipe/parse.js';
import { parseSet } from '../../shared/recipe/overrides.js';
import type { CurveFlags } from '../commands/curve.js';
import { contenderInfos } from '../curve/contenders.js';
import { chooseSteps, planRuns, type PlannedRun } from '../curve/plan-runs.js';
import { openTrunk } from './open-trunk.js';
import { prepareFineTune, type FineTuneOptions, type LabelFacts, type PreparedFineTune } from './prepare-finetune.js';

export interface PreparedRun extends PlannedRun {
  readonly parsed: ParsedRecipe;
  readonly numLabels: number;
  readonly steps: number;
  /** That its steps see. */
  readonly samples: number;
}

export interface PreparedCurve {
  readonly runs: readonly PreparedRun[];
  /** Shares of as few labels as a smaller one has. */
  readonly leftOut: readonly number[];
  /** Of every run. */
  readonly steps: number;
  /** With all of the labels. */
  readonly labels: LabelFacts;
  readonly data: string;
  /** Path of the checkpoint whose trunk is measured. */
  readonly init: string;
  readonly list: Lister;
}

/** Keys of all recipes, before those of --set: what comes between two checkpoints is worth little here. */
const SETS = ['checkpoint.keep=1'];

/** Throws PretextError BAD_ARGUMENT, BAD_RECIPE, NOT_FOUND, DATA_EMPTY where a run could not start or not be measured. */
export async function prepareCurve(flags: CurveFlags, signal: AbortSignal): Promise<PreparedCurve> {
  const { data, init, shares, seeds, set = [], preset, epochs, frozenEpochs, rate, rateMult } = flags;
  const list = createLister({ signal });
  const opened = await openTrunk(init);
  const sets = [...SETS, ...set].map(parseSet);
  const prepare = (seed: number, share: number, more: Partial<FineTuneOptions>): Promise<PreparedFineTune> =>
    prepareFineTune({ data: resolve(data), init: opened, preset, epochs, frozenEpochs, rate, rateMult, seed, labelShare: share, sets, signal, list, ...more });
  const whole = await prepare(seeds[0]!, 1, contenderOptions('scratch'));
  if (whole.labels.numHeldOut === 0) {
    throw new PretextError('DATA_EMPTY', `"${data}" has no held-out items with labels to measure on.`, { hint: 'Put some into test/ by class, or leave data.holdout above 0.' });
  }
  const steps = flags.steps ?? chooseSteps(countAllSteps(whole.recipe));
  const runs: PreparedRun[] = [];
  // The first seed decides: where items are held out by the seed, others may have a label more or less.
  const shareOf = new Map<number, number>();
  const planned = planRuns(shares, seeds);
  for (const run of planned) {
    const prepared = await prepare(run.seed, run.share, { steps, ...contenderOptions(run.contender) });
    const { numLabels } = prepared.labels;
    if (run.seed === planned[0]!.seed && !shareOf.has(numLabels)) shareOf.set(numLabels, run.share);
    if ([...shareOf.values()].includes(run.share)) runs.push({ ...run, parsed: prepared, numLabels, steps: countAllSteps(prepared.recipe), samples: countSamples(prepared) });
  }
  return { runs, leftOut: shares.filter((share) => !runs.some((run) => run.share === share)), steps, labels: whole.labels, data: resolve(data), init: opened.path, list };
}

function contenderOptions(contender: PlannedRun['contender']): Partial<FineTuneOptions> {
  const { preset, isScratch } = contenderInfos[contender];
  return { isScratch, ...(preset && { preset, rateMult: undefined }) };
}

const countSamples = ({ recipe }: ParsedRecipe): number => recipe.stages.reduce((sum, { steps, batch }) => sum + steps * batch.microbatches * batch.microbatchSize, 0);
