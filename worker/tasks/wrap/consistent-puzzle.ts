// Consistency added to any task, the half that draws: every puzzle in two versions, each moved, cropped and coloured by itself, and the
// heads that compare what stages of the trunk make of them. Loads no tensor library; consistent-objective.ts has the other half.

import { isDeepStrictEqual } from 'node:util';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { MetricInfo } from '../../../shared/learning.js';
import type { Consistency } from '../../../shared/recipe/tasks.js';
import type { StateSpec } from '../../../shared/state/spec.js';
import { clear } from '../../augment/prepare-samples.js';
import { predictorState, type PredictorOptions } from '../../heads/predictor-state.js';
import { projectionState, type ProjectionOptions } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import type { DataSizes, MoveClasses, Puzzle, TrunkShape } from '../task.js';
import { fork } from './fork.js';
import { nameAmong, putBehind, takeBehind } from './names.js';

/** The second version's arrays stand behind this name; the array of the name itself has a 1 where it was drawn. */
export const AGAIN = 'again';

/** A stage whose features are compared. */
export interface FeatureRule {
  /** What its losses, metrics and arrays are called. */
  readonly name: string;
  /** Its place among the stages. */
  readonly stage: number;
  readonly loss: 'infoNce' | 'vicreg' | 'cosine';
  readonly weight: number;
  readonly temperature: number;
  readonly head: ProjectionOptions;
  /** On top of the head, where the loss needs one. */
  readonly predictor?: PredictorOptions;
}

export interface ConsistencyRules {
  /** By the name of a prediction. */
  readonly predictions: Readonly<Record<string, MoveClasses>>;
  readonly features: readonly FeatureRule[];
}

/** What is measured of a task's consistency stands behind this name. */
export const inConsistency = (name: string): string => `consistency/${name}`;

/** What a recipe wants to be alike. Throws PretextError BAD_RECIPE where that has no valid rule, or would collapse. */
export function planConsistency(puzzle: Puzzle, { predictions, features }: Consistency, sizes: DataSizes): ConsistencyRules {
  if (puzzle.incomparable !== undefined) throw new PretextError('BAD_RECIPE', `consistency: two versions of a puzzle cannot be compared: ${puzzle.incomparable}.`);
  if (!predictions && features.length === 0) throw new PretextError('BAD_RECIPE', 'consistency: expected predictions, features or both to be alike, given neither.');
  const rules = predictions ? rulesOf(puzzle) : {};
  const names = features.map(({ stage }) => stage);
  if (new Set(names).size < names.length) throw new PretextError('BAD_RECIPE', `consistency.features: expected each stage once, given ${names.join(', ')}.`);
  return { predictions: rules, features: features.map((feature) => planFeature(feature, sizes)) };
}

function rulesOf({ equivariance = 'what it predicts are no classes that could move with the puzzle' }: Puzzle): Readonly<Record<string, MoveClasses>> {
  if (typeof equivariance === 'object') return equivariance;
  throw new PretextError('BAD_RECIPE', `consistency.predictions: the task has no valid rule: ${equivariance}.`, { hint: 'Compare features instead (consistency.features).' });
}

function planFeature({ stage, loss, hidden, dims, ...rest }: Consistency['features'][number], { stages = [], microbatchSize }: DataSizes): FeatureRule {
  if (loss === 'mse') {
    throw new PretextError('BAD_RECIPE', 'consistency.features: the mean square of features alone is least where all pictures have the same ones: it collapses.', {
      hint: 'Choose infoNce, vicreg or cosine, which tell pictures apart or stop the gradient.',
    });
  }
  const place = stage === 'last' ? stages.length - 1 : stages.indexOf(stage);
  if (place < 0) throw new PretextError('BAD_RECIPE', `consistency.features: expected one of ${[...stages, 'last'].join(', ')}, given "${stage}".`);
  if (microbatchSize < 2) throw new PretextError('BAD_RECIPE', `batch.microbatchSize: ${loss} compares samples of a microbatch, expected 2 or more, given 1.`);
  const head = { head: 'mlp', hidden, dims, norm: 'microbatch' } as const;
  return { ...rest, loss, stage: place, name: inConsistency(stages[place]!), head, ...(loss === 'cosine' && { predictor: { predictorHidden: hidden, dims, norm: 'microbatch' } }) };
}

function headState({ name, head, predictor, stage }: FeatureRule, trunk: TrunkShape): StateSpec[] {
  const own = [...projectionState(head, { ...trunk, channels: trunk.stages[stage]!.channels }), ...(predictor ? predictorState(predictor) : [])];
  return own.map((spec) => ({ ...spec, name: nameAmong(name, spec.name) }));
}

/** Of each prediction: the share of the samples that count, and of those the share whose likeliest classes agree. */
function predictionMetrics(name: string): Record<string, MetricInfo> {
  return { [inConsistency(`${name}/confident`)]: { better: 'higher', ceiling: 1 }, [inConsistency(`${name}/agreement`)]: { better: 'higher', ceiling: 1 } };
}

export interface TwoVersions {
  readonly first: Puzzle;
  /** The same task with options of its own. */
  readonly second: Puzzle;
}

/** A puzzle in two versions. Throws PretextError BAD_RECIPE where the two have other arrays. */
export function repeatPuzzle({ first, second }: TwoVersions, rules: ConsistencyRules, { microbatchSize }: DataSizes): Puzzle {
  const isAlike = isDeepStrictEqual(first.arrays, second.arrays) && isDeepStrictEqual(first.needs, second.needs);
  if (!isAlike) throw new PretextError('BAD_RECIPE', 'consistency.second: expected options that change how a puzzle is drawn, given some that make it another one.');
  const predictions = Object.keys(rules.predictions);
  const drawAfter = (drawFirst: Puzzle['draw']): Puzzle['draw'] => (media, random, out, turn) => {
    if (!drawFirst(media, random, out, turn)) return false;
    const again = takeBehind(AGAIN, out);
    const isDrawn = second.draw(media, fork(random, AGAIN), again, turn);
    if (isDrawn) out[AGAIN]![0] = 1;
    else clear(again);
    return true;
  };
  return {
    ...first,
    arrays: { ...first.arrays, ...putBehind(AGAIN, first.arrays), [AGAIN]: { type: 'float32', shape: [1] } },
    terms: [...first.terms, ...predictions.map(inConsistency), ...rules.features.map(({ name }) => name)],
    metrics: {
      ...first.metrics,
      ...(Object.assign({}, ...predictions.map(predictionMetrics)) as Record<string, MetricInfo>),
      ...(Object.assign({}, ...rules.features.map(({ name, head }) => putBehind(name, embeddingMetrics({ dims: head.dims, numSamples: microbatchSize })))) as Record<string, MetricInfo>),
    },
    state: (trunk) => [...first.state(trunk), ...rules.features.flatMap((rule) => headState(rule, trunk))],
    draw: drawAfter(first.draw),
    ...(first.drawPlain && { drawPlain: drawAfter(first.drawPlain) }),
  };
}
