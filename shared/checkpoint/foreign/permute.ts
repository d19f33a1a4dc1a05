// Moving the axes of an array.

/** Values of an array of `shape` with its axes in another order: axis i of the result is axis `axes[i]` of the array. */
export function permute(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const extents = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const place = extents.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[from]!;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      place[axis]! += 1;
      if (place[axis]! < extents[axis]!) break;
      from -= steps[axis]! * extents[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

/** The order that undoes `axes`. */
export const invert = (axes: readonly number[]): number[] => axes.map((_, axis) => axes.indexOf(axis));
