// Retrieval by frozen features: is one of the nearest clips that were trained on of the class of a clip that was not
// (Xu et al. 2019, "Self-supervised Spatiotemporal Learning via Video Clip Order Prediction")? Pure.

import type { FeatureSet } from './feature-set.js';
import { dot, normaliseRows } from './knn.js';

/** Share of the items to test on that have one of their class among so many nearest. */
export interface RecallAt {
  readonly nearest: number;
  readonly recall: number;
}

export const RECALLS_AT = [1, 5, 10, 20] as const;

/** By cosine; of equal ones the earlier first. */
export function scoreRetrieval(train: FeatureSet, test: FeatureSet): RecallAt[] {
  const known = normaliseRows(train);
  // Place of the nearest one of its class, for each item.
  const places = normaliseRows(test).map((asked, item) => {
    const cosines = Float64Array.from(known, (row) => dot(row, asked));
    const order = [...cosines.keys()].sort((a, b) => cosines[b]! - cosines[a]! || a - b);
    return order.findIndex((row) => train.labels[row] === test.labels[item]);
  });
  return RECALLS_AT.map((nearest) => ({ nearest, recall: places.filter((place) => place >= 0 && place < nearest).length / places.length }));
}

/** What drawing items at random would reach. */
export function chanceOfRetrieval(trainLabels: Int32Array, testLabels: Int32Array): RecallAt[] {
  const size = trainLabels.length;
  const counts = new Map<number, number>();
  for (const label of trainLabels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return RECALLS_AT.map((nearest) => ({
    nearest,
    recall: testLabels.reduce((sum, label) => {
      const others = size - (counts.get(label) ?? 0);
      let missed = 1;
      for (let drawn = 0; drawn < Math.min(nearest, size); drawn++) missed *= Math.max(0, others - drawn) / (size - drawn);
      return sum + (1 - missed) / testLabels.length;
    }, 0),
  }));
}
