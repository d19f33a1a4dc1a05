// One replica: its state as tensors, the gradient of a microbatch, the update. Leaves out where data come from and who averages.
// Shape letters: B samples, F frames a sample, S side, C = 3, T targets a sample, P elements of the flat gradient.

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import type { Layout, LayoutEntry } from '../../shared/tensors/layout.js';
import { weightedSum } from '../backends/ops.js';
import type { Model, Statistics } from '../models/model.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { SampleShape, Task } from '../tasks/task.js';

/** Everything a replica is built from: looked up and validated before. */
export interface TrainerParts {
  readonly seed: number;
  readonly side: number;
  readonly layout: Layout;
  readonly model: Model;
  readonly modelOptions: unknown;
  readonly task: Task;
  readonly taskOptions: unknown;
  readonly optimizer: Optimizer;
  readonly optimizerOptions: unknown;
  /** Learning rate, and momentum where the schedule moves it, at a 1-based step. */
  readonly scheduleAt: (step: number) => { readonly learningRate: number; readonly momentum?: number };
}

export interface MicrobatchInput {
  readonly step: number;
  readonly microbatch: number;
  /** [B, F, S, S, C] */
  readonly inputs: Float32Array;
  /** [B, T] */
  readonly targets: Int32Array;
  /** [B]: 0 for a sample that cannot be used. */
  readonly weights: Float32Array;
}

export interface MicrobatchResult {
  readonly weight: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
  /** False when the loss or some gradient is not a finite number. */
  readonly isFinite: boolean;
}

export interface Trainer {
  readonly layout: Layout;
  /** Elements of a whole state: parameters, then each optimizer slot. */
  readonly stateLength: number;
  /** Replaces the state. */
  load(state: Float32Array): void;
  /** Forward and backward of a sum of losses; the flat gradient, [P], is written to `gradient`. Reads from the device once. */
  computeGradient(input: MicrobatchInput, gradient: Float32Array): Promise<MicrobatchResult>;
  /** Applies the summed gradient of a step, [P], of the given weight. A weight of 0 leaves the state as it is. */
  update(step: number, gradientSum: Float32Array, weight: number): void;
  /** Writes the whole state. Reads from the device once. */
  save(state: Float32Array): Promise<void>;
  dispose(): void;
}

/** Share of the old value that a running statistic keeps at an update. */
const STATISTIC_MOMENTUM = 0.9;

/** A replica without a state yet: `load` one first. Owns its tensors until `dispose`. */
export function createTrainer(parts: TrainerParts): Trainer {
  const { layout, model, task, optimizer } = parts;
  const shape: SampleShape = task.shape(parts.taskOptions, parts.side);
  const trained = layout.entries.filter((entry) => entry.role === 'parameter');
  const numArrays = 1 + optimizer.slots.length;
  /** By layout entry: the parameter, then its slots. */
  let arrays: tf.Tensor[][] = [];

  function replace(next: tf.Tensor[][]): void {
    for (const tensor of arrays.flat()) tensor.dispose();
    arrays = next;
  }

  function load(state: Float32Array): void {
    replace(layout.entries.map((entry) =>
      Array.from({ length: numArrays }, (_, slot) => {
        const start = slot * layout.length + entry.offset;
        // A copy: backends may keep the array they are given.
        return tf.tensor(state.slice(start, start + entry.length), [...entry.shape]);
      }),
    ));
  }

  function named(values: readonly tf.Tensor[]): Record<string, tf.Tensor> {
    return Object.fromEntries(layout.entries.map((entry, index) => [entry.name, values[index]!]));
  }

  /** The weighted sum of losses as a function of the trained parameters; leaves what it saw besides in `seen`. */
  function lossOf(input: MicrobatchInput, seen: { statistics: Statistics; metrics: Record<string, tf.Tensor> }) {
    const numSamples = input.weights.length;
    return (...values: tf.Tensor[]): tf.Scalar => {
      const current = named(arrays.map(([parameter]) => parameter!));
      trained.forEach((entry, index) => { current[entry.name] = values[index]!; });
      const inputs = tf.tensor4d(input.inputs, [numSamples * shape.numFrames, parts.side, parts.side, 3]);
      const targets = tf.tensor2d(input.targets, [numSamples, shape.numTargets], 'int32');
      const weights = tf.tensor1d(input.weights);
      const stages = model.apply(current, inputs, parts.modelOptions, { training: true, statistics: seen.statistics });
      const random = createRandom({ seed: parts.seed, epoch: input.step, sample: input.microbatch, purpose: 'loss' });
      const { lossPerSample, metrics } = task.loss(current, { features: stages.at(-1)! }, targets, parts.taskOptions, { training: true, random });
      for (const [name, values] of Object.entries(metrics)) seen.metrics[name] = tf.keep(tf.sum(tf.mul(values, weights)));
      for (const [name, statistic] of Object.entries(seen.statistics)) seen.statistics[name] = tf.keep(statistic.clone());
      return tf.sum(tf.mul(lossPerSample, weights));
    };
  }

  /** The gradient of a parameter; of a statistic what was seen, weighted, so that a sum over microbatches can be averaged. */
  function listGradients(gradients: readonly tf.Tensor[], statistics: Statistics, weight: number): tf.Tensor[] {
    const byName = new Map(trained.map((entry, index) => [entry.name, gradients[index]!]));
    const factor = tf.scalar(weight);
    return layout.entries.map((entry) => byName.get(entry.name) ?? tf.mul(statistics[entry.name]!, factor));
  }

  async function computeGradient(input: MicrobatchInput, gradient: Float32Array): Promise<MicrobatchResult> {
    const weight = input.weights.reduce((sum, value) => sum + value, 0);
    const seen = { statistics: {} as Statistics, metrics: {} as Record<string, tf.Tensor> };
    const results = tf.tidy(() => {
      const parameters = layout.entries.flatMap((entry, index) => (entry.role === 'parameter' ? [arrays[index]![0]!] : []));
      const { value, grads } = tf.valueAndGrads(lossOf(input, seen))(parameters);
      const all = joinFlat([...listGradients(grads, seen.statistics, weight), value, ...Object.values(seen.metrics)]);
      tf.dispose([seen.metrics, seen.statistics]);
      return all;
    });
    const values = await takeValues(results);
    gradient.set(values.subarray(0, layout.length));
    const [lossSum = NaN, ...metrics] = values.subarray(layout.length);
    const metricSums = Object.fromEntries(Object.keys(seen.metrics).map((name, index) => [name, metrics[index]!]));
    return { weight, lossSum, metricSums, isFinite: Number.isFinite(lossSum) && isAllFinite(gradient) };
  }

  function updateEntry(entry: LayoutEntry, current: readonly tf.Tensor[], gradient: tf.Tensor, step: number): tf.Tensor[] {
    const [parameter, ...slots] = current as [tf.Tensor, ...tf.Tensor[]];
    if (entry.role === 'statistic') {
      return [weightedSum(parameter, STATISTIC_MOMENTUM, gradient, 1 - STATISTIC_MOMENTUM), ...slots.map((slot) => slot.clone())];
    }
    const context = { step, decay: entry.decay, ...parts.scheduleAt(step) };
    const updated = optimizer.update(parameter, gradient, slots, parts.optimizerOptions, context);
    return [updated.parameter, ...updated.slots];
  }

  function update(step: number, gradientSum: Float32Array, weight: number): void {
    if (weight === 0) return;
    const next: tf.Tensor[][] = [];
    tf.tidy(() => {
      const mean = tf.mul(tf.tensor1d(gradientSum), Math.fround(1 / weight));
      // All before the first update: a GPU changes between copying and computing at a cost.
      const gradients = layout.entries.map(({ offset, length, shape }) => tf.reshape(tf.slice(mean, offset, length), [...shape]));
      layout.entries.forEach((entry, index) => {
        next.push(updateEntry(entry, arrays[index]!, gradients[index]!, step).map((tensor) => tf.keep(tensor)));
      });
    });
    replace(next);
  }

  async function save(state: Float32Array): Promise<void> {
    const slots = Array.from({ length: numArrays }, (_, slot) => arrays.map((tensors) => tensors[slot]!));
    state.set(await takeValues(tf.tidy(() => joinFlat(slots.flat()))));
  }

  return {
    layout,
    stateLength: layout.length * numArrays,
    load,
    computeGradient,
    update,
    save,
    dispose: () => replace([]),
  };
}

/** All elements of the tensors, one tensor after another. */
function joinFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size])));
}

/** What a tensor holds; disposes it. Asynchronous because WebGPU cannot wait. */
async function takeValues(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return (await tensor.data()) as Float32Array;
  } finally {
    tensor.dispose();
  }
}

function isAllFinite(values: Float32Array): boolean {
  // A sum of products with 0 is 0 as long as every value is finite; one pass without a branch.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}
