// What a quick look at a checkpoint finds: numbers that a process beside the run measures.

import type { Mean } from './progress.js';

export interface Solved {
  /** The task's metrics; those without a puzzle are not numbers. */
  readonly metrics: Readonly<Record<string, Mean>>;
  readonly numPuzzles: number;
}

interface Spread {
  /** Near 1 where features go all ways, 0 where they are all one. */
  readonly deviation: number;
  readonly effectiveRank: number;
}

export interface Look {
  /** That were looked at. */
  readonly numItems: number;
  /** On items that are not trained on, and on items that are. */
  readonly held: Solved;
  readonly trained: Solved;
  /** Of features, beside those of the same trunk before training. */
  readonly spread: Spread;
  readonly spreadUntrained: Spread;
  /** Norm of the gradient by groups of arrays. */
  readonly gradient: Readonly<Record<string, number>>;
  /** Accuracies of nearest neighbours on held-out items, where there are labels. */
  readonly knn?: { readonly trained: number; readonly untrained: number };
}

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
