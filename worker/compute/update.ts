// How each kind of array changes at a step. Leaves out where the sums come from.

import * as tf from '@tensorflow/tfjs-core';
import type { Weights } from '../../shared/protocol/messages.js';
import type { Layout, LayoutEntry } from '../../shared/state/layout.js';
import { playerOf, type StatisticSpec, type TeacherSpec, type TrainedSpec } from '../../shared/state/spec.js';
import { weightedSum } from '../backends/ops.js';
import { halfCosine } from '../optimizers/power.js';
import type { TrainerParts } from './build-parts.js';
import { countFrozenSteps, listFrozen } from './frozen.js';
import { moveRows, pushRows } from './rows.js';

/** What a step brings to every replica alike. */
export interface StepSums {
  /** 1-based. */
  readonly step: number;
  /** The vector that travelled, summed over the microbatches of the step, [gradientLength]. */
  readonly gradientSum: Float32Array;
  readonly weights: Weights;
}

/** By layout entry: the value, then its slots. */
export type StateArrays = readonly (readonly tf.Tensor[])[];

/** Parts of the travelled vector divided by a weight, each division once: most arrays share one weight. */
function createMeans(gradientSum: Float32Array): (weight: number) => tf.Tensor1D {
  const means = new Map<number, tf.Tensor1D>();
  return (weight) => {
    const mean = means.get(weight) ?? tf.mul<tf.Tensor1D>(tf.tensor1d(gradientSum), Math.fround(1 / weight));
    means.set(weight, mean);
    return mean;
  };
}

const weightOf = (entry: LayoutEntry, weights: Weights): number =>
  weights[entry.kind === 'trained' ? playerOf(entry) : 'samples'] ?? 0;

/**
 * The state after a step. The caller owns the tensors; what does not change is copied. Call inside tf.tidy and keep them. A step
 * without a usable sample changes nothing.
 */
export function updateState(parts: TrainerParts, arrays: StateArrays, sums: StepSums): tf.Tensor[][] {
  const { layout } = parts;
  const meanBy = createMeans(sums.gradientSum);
  // All before the first update: a GPU changes between copying and computing at a cost.
  const frozen = listFrozen(parts, sums.step);
  const means = layout.entries.map((entry) => {
    const weight = weightOf(entry, sums.weights);
    const isMoved = (entry.kind === 'trained' || entry.kind === 'statistic') && weight > 0 && !frozen.has(entry.name);
    return isMoved ? tf.reshape(tf.slice(meanBy(weight), entry.travelOffset, entry.travelLength), [...entry.shape]) : undefined;
  });
  const next = layout.entries.map((entry, index) => moveBySums(parts, entry, { current: arrays[index]!, mean: means[index], sums }));
  return followTeachers(layout, next, (sums.step - 1) / parts.steps);
}

interface Move {
  readonly current: readonly tf.Tensor[];
  /** The array's part of the vector, divided by its weight; undefined where that is 0, or where the array is frozen. */
  readonly mean: tf.Tensor | undefined;
  readonly sums: StepSums;
}

function moveBySums(parts: TrainerParts, entry: LayoutEntry, { current, mean, sums }: Move): tf.Tensor[] {
  const [value] = current as [tf.Tensor];
  if (entry.kind === 'trained' && mean) return train(parts, entry, { current, gradient: mean, step: sums.step });
  if (entry.kind === 'statistic' && mean) return [blend(value, mean, entry)];
  if (entry.kind === 'queue') return [pushRows(value as tf.Tensor2D, entry, sums.gradientSum)];
  if (entry.kind === 'bank') return [moveRows(value as tf.Tensor2D, entry, sums.gradientSum)];
  if (entry.kind === 'counter') return [tf.add(value, 1)];
  return current.map((tensor) => tensor.clone());
}

interface Training {
  readonly current: readonly tf.Tensor[];
  readonly gradient: tf.Tensor;
  readonly step: number;
}

function train(parts: TrainerParts, entry: LayoutEntry<TrainedSpec>, { current, gradient, step }: Training): tf.Tensor[] {
  const group = parts.groupOf(entry.name);
  const { optimizer, options, rateFactor } = group;
  const [parameter, ...slots] = current as [tf.Tensor, ...tf.Tensor[]];
  const { learningRate, ...scheduled } = parts.scheduleAt(step);
  const context = { step: step - countFrozenSteps(entry, group), decay: entry.decay, ...scheduled, learningRate: learningRate * rateFactor };
  const updated = optimizer.update({ parameter, slots }, gradient, options, context);
  return [updated.parameter, ...updated.slots];
}

const blend = (value: tf.Tensor, observed: tf.Tensor, { momentum }: StatisticSpec): tf.Tensor =>
  weightedSum(value, momentum, observed, 1 - momentum);

/** Teachers come last: they follow what the step has made of the others. */
function followTeachers(layout: Layout, next: tf.Tensor[][], progress: number): tf.Tensor[][] {
  const placeOf = new Map(layout.entries.map(({ name }, index) => [name, index]));
  return layout.entries.map((entry, index) => {
    if (entry.kind !== 'teacher') return next[index]!;
    const [value] = next[index] as [tf.Tensor];
    const [followed] = next[placeOf.get(entry.of)!] as [tf.Tensor];
    const momentum = momentumAt(entry, progress);
    return [weightedSum(value, momentum, followed, 1 - momentum)];
  });
}

const momentumAt = ({ momentum: { start, end } }: TeacherSpec, progress: number): number => end + (start - end) * halfCosine(progress);
