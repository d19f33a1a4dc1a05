// Classes of items, of which each has one.

import { createClassifier } from '../../worker/evaluate/classifier.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { predictItems, type Predicted, type PredictOptions } from './predict-items.js';

export interface Guess {
  readonly label: string;
  /** Its probability, 0..1. */
  readonly confidence: number;
}

export interface ClassPrediction {
  readonly path: string;
  /** The most probable first. */
  readonly top: readonly Guess[];
}

/** `top`: classes that are named of each item. Throws PretextError as predictItems does. */
export const predictClasses = (opened: OpenedCheckpoint, { top, ...options }: PredictOptions & { readonly top: number }): Promise<Predicted<ClassPrediction>> =>
  predictItems(opened, options, ({ learning, parts, values, framesPerItem }) => {
    const { classes, classify, dispose } = createClassifier(learning, parts, values)!;
    return { classes, dispose, tell: async ({ media: { frames } }, path) => ({ path, top: rank(classes, await classify(frames, framesPerItem)).slice(0, top) }) };
  });

/** The most probable first; of equal ones the earlier class. */
export function rank(classes: readonly string[], probabilities: ArrayLike<number>): Guess[] {
  return classes.map((label, k) => ({ label, confidence: probabilities[k]!, k })).sort((a, b) => b.confidence - a.confidence || a.k - b.k)
    .map(({ label, confidence }) => ({ label, confidence }));
}
