// What is known of whether a stage learns, as whoever measures it says it to whoever judges it: beforehand of its tasks, and of a
// checkpoint by a look at it.

export interface MetricInfo {
  readonly better: 'higher' | 'lower';
  /** What a guesser scores. */
  readonly chance?: number;
  /** What nobody can beat. */
  readonly ceiling?: number;
  /** At or below this an embedding has collapsed: all pictures look alike. */
  readonly collapsed?: number;
}

/** One of the tasks of a stage, by the names that steps report. */
export interface LearntTask {
  readonly task: string;
  /** Its own, the one that is learnt first in front. */
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  /** Its own losses that the trunk learns from. */
  readonly terms: readonly string[];
  /** What a guesser loses by these, where that is known of each. */
  readonly chanceLoss?: number;
  /** Guards that are turned off. */
  readonly guardsOff: readonly string[];
  /** Share of the steps from which on guards are as strong as they get. */
  readonly guardedFrom: number;
  /** It learns from labels; such a task is never too easy. */
  readonly isSupervised: boolean;
}

export interface Learnt {
  readonly steps: number;
  /** Of all tasks, and of what is learnt besides. */
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  readonly tasks: readonly LearntTask[];
}

/** What a run does not learn from of a training item: its label alone, or all of it. */
export type Hidden = 'label' | 'item';

export interface Mean {
  /** NaN where there is nothing that it is the mean of. */
  readonly mean: number;
  /** Of the mean. */
  readonly standardError: number;
}

export interface Solved {
  /** The task's metrics by their names. */
  readonly metrics: Readonly<Record<string, Mean>>;
  readonly numPuzzles: number;
}

export interface Spread {
  /** Deviation of a number of a feature vector of length 1, mean over the numbers, times sqrt(D): near 1 where vectors go all ways, 0 where they are all one. */
  readonly deviation: number;
  /** As many directions as the vectors differ in: (sum of variances)^2 / sum of squared covariances, the participation ratio. */
  readonly effectiveRank: number;
}

/** What a quick look at a checkpoint finds. */
export interface Look {
  /** That were looked at. */
  readonly numItems: number;
  /** On items that are not trained on, and on items that are. */
  readonly held: Solved;
  readonly trained: Solved;
  /** Of the last stage's features, beside those of the same trunk before training. */
  readonly spread: Spread;
  readonly spreadUntrained: Spread;
  /** Norm of the mean gradient of a microbatch by groups of arrays; empty where the task keeps something of each item. */
  readonly gradient: Readonly<Record<string, number>>;
  /** Accuracy of nearest neighbours on held-out items with a label: at the best stage, and at the best one before training. */
  readonly knn?: { readonly trained: number; readonly untrained: number };
}
