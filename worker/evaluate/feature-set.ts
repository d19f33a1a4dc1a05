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

/** What probes know of an item, apart from its features. */
export interface Labelled {
  readonly split: 'train' | 'test';
  /** Class name; rows without one are left out of the probes. */
  readonly label?: string;
}

export interface SplitRows<Row> {
  /** Those of the training split, in order. */
  readonly classes: readonly string[];
  readonly train: readonly (Row & { readonly label: string })[];
  /** Of classes that are trained on alone. */
  readonly test: readonly (Row & { readonly label: string })[];
}

/** Rows with a label, those to train on and those to test on. */
export function splitByClass<Row extends Labelled>(rows: readonly Row[]): SplitRows<Row> {
  const labelled = rows.filter((row): row is Row & { readonly label: string } => row.label !== undefined);
  const train = labelled.filter(({ split }) => split === 'train');
  const classes = [...new Set(train.map(({ label }) => label))].sort();
  return { classes, train, test: labelled.filter(({ split, label }) => split === 'test' && classes.includes(label)) };
}

/** Stacks one vector of each row, labelled by the place of its class. */
export const stackRows = <Row extends { readonly label: string }>(rows: readonly Row[], classes: readonly string[], vectorOf: (row: Row) => Float32Array): FeatureSet =>
  stackFeatures(rows.map(vectorOf), rows.map(({ label }) => classes.indexOf(label)));

/** Share of equal entries. */
export function accuracyOf(guesses: ArrayLike<number>, labels: Int32Array): number {
  return labels.reduce((sum, label, i) => sum + (guesses[i] === label ? 1 : 0), 0) / labels.length;
}
