// The checkpoint that did best by looks, and what a look says of a metric.

import type { Look } from '../../shared/learning.js';

/** The checkpoint that did best by a metric on held-out items. */
export interface Best {
  readonly step: number;
  /** A metric of the task, or `knn`. */
  readonly metric: string;
  readonly value: number;
  readonly checkpoint: string;
}

export const KNN = 'knn';

/** What a look says of a metric; undefined where it has not measured it. */
export function valueOf({ held, knn }: Look, metric: string): number | undefined {
  const value = metric === KNN ? knn?.trained : held.metrics[metric]?.mean;
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
