// What a trunk is, in two halves: `shape.ts` says what it is made of and loads no tensor library, `forward.ts` computes.
// A model is one folder, and a line in each of shapes.ts and forwards.ts. Shape letters: N images, H, W, C, L patches, V visible ones.

import type { Tensor, Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { StateSpec } from '../../shared/state/spec.js';

export interface StageShape {
  readonly name: string;
  readonly channels: number;
  /** Input side divided by this (rounded up) is the stage's side. */
  readonly stride: number;
}

export interface ModelShape<Options = unknown> {
  readonly options: z.ZodType<Options>;
  stages(options: Options): readonly StageShape[];
  /** Arrays named `trunk/...`, in the order of the forward pass, for pictures of so many channels (3 by default). */
  state(options: Options, channels?: number): readonly StateSpec[];
  /** Side in pixels of the patches that it can leave out; undefined where it cannot. */
  patch?(options: Options): number;
  /** Why it cannot take inputs of this side, in pixels; undefined where it can. */
  refuse?(options: Options, side: number): string | undefined;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

/** Batch statistics that a forward pass saw, by the name of the statistic in the layout. Empty without batch norm. */
export type Statistics = Record<string, Tensor1D>;

export interface ModelContext {
  /** True: batch norm uses the microbatch's own statistics and records them in `statistics`. False: the running ones. */
  readonly training: boolean;
  readonly statistics: Statistics;
  /** Names of arrays that stay as they are: batch norm of these uses the running statistics while training too. */
  readonly frozen?: ReadonlySet<string> | undefined;
  /** Rows of zeros and a one, [N, V, L]: the patches that the trunk sees, where it can leave out others. */
  readonly visible?: Tensor3D;
}

export interface ModelForward<Options = unknown> {
  /**
   * Feature map of every stage, [N, h, w, channels], the last one last; [N, V, 1, channels] with `visible`. Call inside tf.tidy;
   * owns nothing.
   */
  apply(weights: NamedTensors, inputsNHWC: Tensor4D, options: Options, context: ModelContext): readonly Tensor4D[];
}
