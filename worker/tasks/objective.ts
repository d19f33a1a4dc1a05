// What a pretext task is, second half: what the network makes of a microbatch of puzzles, and what it loses by that.
// Shape letters: B samples, N images, H, W, C, V visible patches, L patches.

import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../shared/random/random.js';
import type { NamedTensors } from '../models/model.js';
import type { Arrays, DataSizes } from './task.js';

/** A microbatch of puzzles. */
export interface Batch {
  readonly numSamples: number;
  /** The puzzle's arrays, [B, ...shape]; pictures of bytes are normalised numbers here. */
  readonly tensors: NamedTensors;
  /** The same arrays as they were drawn, for what is decided on the processor. */
  readonly arrays: Arrays;
  /** [B]: 0 for a sample that cannot be used. */
  readonly weights: Float32Array;
  /** [B]: number of each sample's item among those that are trained on, its row in a bank; undefined where others are looked at. */
  readonly instances?: Int32Array | undefined;
}

export type WeightsOf = 'student' | 'teacher' | 'fixed';

export interface EncodeOptions {
  /** Default `student`. A teacher's are those of the arrays named `teacher/...`; `fixed` ones are the student's. No gradient flows into either. */
  readonly weights?: WeightsOf;
  /** What batch norm takes while training. `microbatch`, the default: mean and variance of these images. `running`: those that are kept in the state. */
  readonly statistics?: 'microbatch' | 'running';
  /** [N, V, L], rows of zeros and a one: the patches that the trunk sees. */
  readonly visible?: Tensor3D;
}

/** The network while one microbatch goes through it. Everything is called inside tf.tidy; nothing is owned. */
export interface Net {
  /** Feature maps of every stage of the trunk, [N, h, w, channels], the last one last. */
  encode(imagesNHWC: Tensor4D, options?: EncodeOptions): readonly Tensor4D[];
  /** Arrays of the state by name. With `teacher`, a name stands for the array that follows it; with `fixed`, no gradient flows into them. */
  named(weights?: WeightsOf): NamedTensors;
  /** Silences each number with probability `share` and scales the rest by 1 / (1 - share) while training; the same for any worker. */
  dropout<T extends Tensor>(inputs: T, share: number): T;
  /** Whether a gradient is wanted: what is only done to learn is left out else. Default: no. */
  readonly isTraining?: boolean;
  /** How much of the stage is behind, from 0 to 1. Default, as when evaluating: all. */
  readonly progress?: number;
  /** What a loss draws besides: keyed by the microbatch while training, always the same when evaluating. */
  readonly random: Random;
}

export interface Measured {
  /** One number a sample, [B]. */
  readonly perSample: Tensor1D;
  /** [B]. Default: the weights of the batch. A sample of weight 0 in the batch must have weight 0 here. */
  readonly weight?: Tensor1D;
}

export interface Term extends Measured {
  /** Whose arrays it trains. Default: MAIN_PLAYER. A term must stop its gradient into what others train. */
  readonly player?: string;
}

export interface Outcome {
  /**
   * Losses by name. What goes down is, for each player, the sum of weight x loss over its terms and samples, by the sum over samples of the
   * largest weight that a term of the player gives it.
   */
  readonly terms: Readonly<Record<string, Term>>;
  readonly metrics: Readonly<Record<string, Measured>>;
  /** Rows for queues and banks, by name, [B * rowsPerSample, dims], sample after sample; one a sample for a bank. */
  readonly rows?: Readonly<Record<string, Tensor2D>>;
}

export interface Objective {
  /** Forward pass: also for evaluation and previews. */
  predict(batch: Batch, net: Net): NamedTensors;
  losses(predictions: NamedTensors, batch: Batch, net: Net): Outcome;
}

/** Binds a task's options, as the puzzle's `bind` does. */
export type ObjectiveFactory<Options = unknown> = (options: Options, sizes: DataSizes) => Objective;
