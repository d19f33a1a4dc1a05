// How strong a task's guards are at the moment, as a metric beside what it loses.

import * as tf from '@tensorflow/tfjs-core';
import type { Batch, Outcome } from '../tasks/objective.js';

/** Adds the metric where the puzzle has the number. */
export function measureStrength(outcome: Outcome, { tensors: { strength } }: Batch): Outcome {
  if (strength === undefined) return outcome;
  return { ...outcome, metrics: { ...outcome.metrics, strength: { perSample: tf.reshape<tf.Rank.R1>(strength, [-1]) } } };
}
