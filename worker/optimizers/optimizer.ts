// What an optimizer is, in two halves: its options and what it keeps (options/, without the tensor library), and its update, pure,
// over one named array at a time. One file and one line in the index of each.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { z } from 'zod';

export interface UpdateContext {
  /** 1-based number of the update: of the step, less those for which the array was frozen. */
  readonly step: number;
  /** From the schedule, already scaled. */
  readonly learningRate: number;
  /** From the schedule (one-cycle moves it), or the optimizer's own. */
  readonly momentum?: number;
  /** False for biases and normalisation: no weight decay, no LARS adaptation. */
  readonly decay: boolean;
}

/** A trained array, and what its optimizer keeps beside it, in the order of the shape's `slots`. */
export interface Parameter {
  readonly parameter: Tensor;
  readonly slots: readonly Tensor[];
}

export interface OptimizerShape<Options = unknown> {
  readonly options: z.ZodType<Options>;
  /** Names of the arrays it keeps for each parameter, each of the parameter's shape, all zero at the start. */
  readonly slots: readonly string[];
}

export interface Optimizer<Options = unknown> {
  /** One update. Call inside tf.tidy; disposes nothing, the caller owns what is returned. */
  update(before: Parameter, gradient: Tensor, options: Options, context: UpdateContext): Parameter;
}
