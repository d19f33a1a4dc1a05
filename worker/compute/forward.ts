// The forward pass of a microbatch while training, up to what each of its samples loses. Shape letters: B samples.

import type { NamedTensors, Statistics } from '../models/model.js';
import type { Outcome } from '../tasks/objective.js';
import type { Arrays } from '../tasks/task.js';
import { toBatch } from './batch.js';
import type { TrainerParts } from './build-parts.js';
import { createNet } from './net.js';

export interface MicrobatchInput {
  readonly step: number;
  readonly microbatch: number;
  /** The puzzle's arrays, sample after sample. */
  readonly arrays: Arrays;
  /** [B]: 0 for a sample that cannot be used. */
  readonly weights: Float32Array;
  /** [B]: number of each sample's item among those that are trained on. Whoever has a bank in its state needs it. */
  readonly instances?: Int32Array;
}

export interface Forward {
  /** What batch norm saw. */
  readonly statistics: Statistics;
  readonly outcome: Outcome;
}

/** `values`: the arrays of the state by name; `frozen`: names of those that the step leaves as they are. Owns nothing: call inside tf.tidy. */
export function passForward(parts: TrainerParts, input: MicrobatchInput, values: NamedTensors, frozen: ReadonlySet<string>): Forward {
  const { model, modelOptions, puzzle, objective, seed, steps } = parts;
  const { arrays, weights, instances, step, microbatch } = input;
  const batch = toBatch(puzzle, arrays, weights, instances);
  const net = createNet({ model, modelOptions, values, frozen, training: { seed, step, microbatch }, progress: (step - 1) / steps });
  const outcome = objective.losses(objective.predict(batch, net), batch, net);
  return { statistics: net.statistics(), outcome };
}
