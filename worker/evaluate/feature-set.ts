// Features with what they are features of: the rows that probes train and test on.

/** Shape letters: N items, D numbers each. */
export interface FeatureSet {
  /** Row by row. */
  readonly featuresND: Float32Array;
  readonly numDims: number;
  /** [N], 0..numClasses-1. */
  readonly labels: Int32Array;
}

/** Stacks rows of equal length. */
export function stackFeatures(rows: readonly Float32Array[], labels: readonly number[]): FeatureSet {
  const numDims = rows[0]?.length ?? 0;
  const featuresND = new Float32Array(rows.length * numDims);
  rows.forEach((row, i) => featuresND.set(row, i * numDims));
  return { featuresND, numDims, labels: Int32Array.from(labels) };
}

/** Share of equal entries. */
export function accuracyOf(guesses: ArrayLike<number>, labels: Int32Array): number {
  return labels.reduce((sum, label, i) => sum + (guesses[i] === label ? 1 : 0), 0) / labels.length;
}
