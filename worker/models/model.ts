// What a trunk is: pure init and apply over named parameters. A model is one file and one line in index.ts.
// Shape letters: N images, H, W, C.

import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { ParameterSpec } from '../../shared/tensors/layout.js';
import type { NamedTensors } from '../tasks/task.js';

export interface StageShape {
  readonly name: string;
  readonly channels: number;
  /** Input side divided by this (rounded up) is the stage's side. */
  readonly stride: number;
}

/** Batch statistics that a forward pass saw, by the name of the statistic in the layout. Empty without batch norm. */
export type Statistics = Record<string, Tensor1D>;

export interface ModelContext {
  /** True: batch norm uses the microbatch's own statistics and records them in `statistics`. False: the running ones. */
  readonly training: boolean;
  readonly statistics: Statistics;
}

export interface Model<Options = unknown> {
  readonly options: z.ZodType<Options>;
  stages(options: Options): readonly StageShape[];
  /** Parameters named `trunk/...`, in the order of the forward pass. */
  parameters(options: Options): readonly ParameterSpec[];
  /** Feature map of every stage, [N, h, w, channels], the last one last. Call inside tf.tidy; owns nothing. */
  apply(parameters: NamedTensors, inputsNHWC: Tensor4D, options: Options, context: ModelContext): readonly Tensor4D[];
}
