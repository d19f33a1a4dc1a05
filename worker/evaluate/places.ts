// Feature maps as a few places each: what an attentive probe looks over. Pure. Shape letters: N frames, H, W, D numbers, P places.

export interface FeatureMap {
  /** [N, H, W, D]. */
  readonly shape: readonly [number, number, number, number];
  readonly valuesNHWD: Float32Array;
}

/** Numbers of an item that a probe sees, at most, where one place a frame has fewer: about those of Goyal et al. 2019, "Scaling and Benchmarking Self-Supervised Visual Representation Learning". */
const MOST_NUMBERS = 9216;

/** Averages over areas of a map, as equal as whole places allow, so that few enough numbers are left: [P, D]. */
export function poolPlaces({ shape: [numFrames, height, width, numDims], valuesNHWD }: FeatureMap, mostNumbers = MOST_NUMBERS): Float32Array {
  const side = Math.max(1, Math.floor(Math.sqrt(mostNumbers / (numFrames * numDims))));
  const [rows, columns] = [cut(height, side), cut(width, side)];
  const places = new Float32Array(numFrames * rows.length * columns.length * numDims);
  let place = 0;
  for (let frame = 0; frame < numFrames; frame++) {
    for (const [top, bottom] of rows) {
      for (const [left, right] of columns) {
        const sums = places.subarray(place * numDims, (place + 1) * numDims);
        const share = 1 / ((bottom - top) * (right - left));
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            const at = ((frame * height + y) * width + x) * numDims;
            for (let d = 0; d < numDims; d++) sums[d]! += valuesNHWD[at + d]! * share;
          }
        }
        place += 1;
      }
    }
  }
  return places;
}

/** Parts of a side: where each begins and ends. */
function cut(length: number, most: number): [number, number][] {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, i) => [Math.floor((i * length) / count), Math.floor(((i + 1) * length) / count)]);
}
