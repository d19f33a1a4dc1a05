// The drawn arrays of a microbatch as tensors: the same for training, evaluation and previews.

import * as tf from '@tensorflow/tfjs-core';
import { normaliseBytes } from '../backends/ops.js';
import type { Batch } from '../tasks/objective.js';
import type { Arrays, ArraySpec, Puzzle, TypedArray } from '../tasks/task.js';

function toTensor(values: TypedArray, { type, shape, moments }: ArraySpec, numSamples: number): tf.Tensor {
  const whole = [numSamples, ...shape];
  if (values instanceof Uint8Array) return normaliseBytes(values, whole, moments);
  return tf.tensor(values, whole, type === 'int32' ? 'int32' : 'float32');
}

/** Puts a microbatch on the device. Call inside tf.tidy, which owns the tensors. */
export function toBatch(puzzle: Puzzle, arrays: Arrays, weights: Float32Array, instances?: Int32Array): Batch {
  const numSamples = weights.length;
  const tensors = Object.entries(puzzle.arrays).map(([name, spec]) => [name, toTensor(arrays[name]!, spec, numSamples)] as const);
  return { numSamples, tensors: Object.fromEntries(tensors), arrays, weights, instances };
}
