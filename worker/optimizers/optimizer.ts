// What an optimizer is: pure init and update over one named parameter at a time. One file and one line in index.ts.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { z } from 'zod';

export interface UpdateContext {
  /** 1-based number of the step that is being applied. */
  readonly step: number;
  /** From the schedule, already scaled. */
  readonly learningRate: number;
  /** From the schedule (one-cycle moves it), or the optimizer's own. */
  readonly momentum?: number;
  /** False for biases and normalisation: no weight decay, no LARS adaptation. */
  readonly decay: boolean;
}

export interface Optimizer<Options = unknown> {
  readonly options: z.ZodType<Options>;
  /** Names of the arrays it keeps for each parameter, each of the parameter's shape, all zero at the start. */
  readonly slots: readonly string[];
  /**
   * One update. Returns the new parameter and the new slots, in the order of `slots`. Call inside tf.tidy; disposes nothing,
   * the caller owns what is returned.
   */
  update(
    parameter: Tensor,
    gradient: Tensor,
    slots: readonly Tensor[],
    options: Options,
    context: UpdateContext,
  ): { readonly parameter: Tensor; readonly slots: readonly Tensor[] };
}
