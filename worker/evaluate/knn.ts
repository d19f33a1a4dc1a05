// Nearest neighbours on frozen features: needs no training, so it is the quick look at a trunk
// (Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination").

import type { FeatureSet } from './feature-set.js';
import { accuracyOf } from './feature-set.js';

export interface KnnOptions {
  /** Neighbours that vote. */
  readonly k: number;
  /** A neighbour's vote is exp(cosine / temperature). */
  readonly temperature: number;
}

const DEFAULTS: KnnOptions = { k: 20, temperature: 0.07 };

/** Rows of length 1; a row of zeros stays. */
export function normaliseRows({ featuresND, numDims, labels }: FeatureSet): Float32Array[] {
  return Array.from(labels, (_, row) => {
    const values = featuresND.slice(row * numDims, (row + 1) * numDims);
    const squares = dot(values, values);
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    return values.map((value) => value * scale);
  });
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Accuracy on `test`, 0..1, of a cosine-weighted vote of the k nearest rows of `train`. Equal votes go to the smaller class. */
export function scoreKnn(train: FeatureSet, test: FeatureSet, numClasses: number, { k, temperature } = DEFAULTS): number {
  const known = normaliseRows(train);
  const guesses = normaliseRows(test).map((asked) => {
    const cosines = Float64Array.from(known, (row) => dot(row, asked));
    const nearest = [...cosines.keys()].sort((a, b) => cosines[b]! - cosines[a]! || a - b).slice(0, k);
    const votes = new Float64Array(numClasses);
    for (const i of nearest) votes[train.labels[i]!]! += Math.exp((cosines[i]! - 1) / temperature);
    return votes.indexOf(Math.max(...votes));
  });
  return accuracyOf(guesses, test.labels);
}
