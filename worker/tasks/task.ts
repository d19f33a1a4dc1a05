// What a pretext task is. A task is one file that satisfies this interface and one line in index.ts.
// `prepare` runs in an augmentation thread on plain arrays; `parameters` and `loss` run where the tensors are.
// Shape letters: B samples of a microbatch, F frames a sample, H = W = crop side, C = 3, T target numbers a sample.

import type { Tensor1D, Tensor2D, Tensor4D, Tensor } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Random } from '../../shared/random/random.js';
import type { ParameterSpec } from '../../shared/tensors/layout.js';
import type { Frames } from '../decode/frames.js';

/** Sizes of what one sample is turned into. */
export interface SampleShape {
  readonly numFrames: number;
  /** Height and width of a model input, in pixels. */
  readonly side: number;
  readonly numTargets: number;
}

/** Where a sample is written: slices of a microbatch's shared buffers. */
export interface SampleSlot {
  /** F*H*W*3 numbers, normalised: (value / 255 - mean) / std unless a guard normalises otherwise. */
  readonly inputsFHWC: Float32Array;
  /** T numbers. */
  readonly targets: Int32Array;
}

/** The trunk as a head sees it. */
export interface TrunkOutput {
  /** Last feature map, [B*F, h, w, channels]. */
  readonly features: Tensor4D;
}

export interface TrunkShape {
  readonly channels: number;
  /** Side of the last feature map for the task's crop side. */
  readonly side: number;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface TaskLoss {
  /** Loss of each sample, [B], not yet weighted. */
  readonly lossPerSample: Tensor1D;
  /** One number a sample for each metric, [B], e.g. 1 where the answer was right. */
  readonly metrics: Readonly<Record<string, Tensor1D>>;
}

export interface Task<Options = unknown> {
  /** What the decoder hands to `prepare`: one image, or a clip's frames in order of time. */
  readonly kind: 'image' | 'video';
  /** The task's part of a recipe: every option with its default, unit and meaning. Guards are options named `guards`. */
  readonly options: z.ZodType<Options>;
  shape(options: Options, side: number): SampleShape;
  /** What a guesser scores on the metric `accuracy`, 0..1. */
  chance(options: Options): number;
  /**
   * Draws one puzzle. Pure: the same frames, random stream and options give the same bytes. Returns false when the frames
   * cannot make a puzzle at all (too few, too small); the sample then has weight 0 and is reported.
   */
  prepare(frames: Frames, random: Random, options: Options, side: number, slot: SampleSlot): boolean;
  /** Parameters of the head, named `head/...`. */
  parameters(options: Options, trunk: TrunkShape): readonly ParameterSpec[];
  /** Forward pass of the head and loss per sample. Call inside tf.tidy; owns nothing. `training` turns dropout on. */
  loss(
    parameters: NamedTensors,
    trunk: TrunkOutput,
    targetsBT: Tensor2D,
    options: Options,
    context: LossContext,
  ): TaskLoss;
}

export interface LossContext {
  readonly training: boolean;
  /** Keyed by (seed, step, microbatch): for dropout masks. */
  readonly random: Random;
}
