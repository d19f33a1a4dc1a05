// A second of sound in few numbers: of each band of pitches how loud it is on average, beside the others, and how much that changes.

/** Columns of a spectrogram, [T, M], to [2 * M]: means less their mean, then deviations. */
export function describeSound(columnsTM: ArrayLike<number>, bands: number): Float64Array {
  const numColumns = columnsTM.length / bands;
  const described = new Float64Array(2 * bands);
  for (let band = 0; band < bands; band++) {
    let [sum, squares] = [0, 0];
    for (let t = 0; t < numColumns; t++) {
      const value = columnsTM[t * bands + band]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / numColumns;
    described[band] = mean;
    described[bands + band] = Math.sqrt(Math.max(0, squares / numColumns - mean * mean));
  }
  let total = 0;
  for (let band = 0; band < bands; band++) total += described[band]!;
  for (let band = 0; band < bands; band++) described[band]! -= total / bands;
  return described;
}

/** Place of the nearest centre, the first of those that are as near. */
export function findNearest(values: ArrayLike<number>, centres: readonly ArrayLike<number>[]): number {
  let [nearest, least] = [0, Infinity];
  centres.forEach((centre, index) => {
    let squares = 0;
    for (let i = 0; i < centre.length; i++) squares += (values[i]! - centre[i]!) ** 2;
    if (squares < least) [nearest, least] = [index, squares];
  });
  return nearest;
}
