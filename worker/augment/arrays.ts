// The arrays of a microbatch on shared memory, used again once they are given back.

import { sizeOf } from '../../shared/state/spec.js';
import type { Arrays, ArraySpec, Puzzle, TypedArray } from '../tasks/task.js';
import type { DrawnArrays } from './prepare-samples.js';

function createArray({ type, shape }: ArraySpec, numSamples: number): TypedArray {
  const length = numSamples * sizeOf(shape);
  if (type === 'uint8') return new Uint8Array(new SharedArrayBuffer(length));
  const buffer = new SharedArrayBuffer(length * 4);
  return type === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
}

/** Arrays of zeros for so many samples of a puzzle. */
export function createArrays(puzzle: Puzzle, numSamples: number): DrawnArrays {
  const arrays: Arrays = Object.fromEntries(Object.entries(puzzle.arrays).map(([name, spec]) => [name, createArray(spec, numSamples)]));
  return { arrays, weights: createArray({ type: 'float32', shape: [] }, numSamples) as Float32Array };
}

export interface ArraysPool {
  /** Arrays that were given back, by number of samples; made anew when there are none. */
  take(numSamples: number): DrawnArrays;
  give(drawn: DrawnArrays): void;
}

export function createArraysPool(puzzle: Puzzle): ArraysPool {
  const free = new Map<number, DrawnArrays[]>();
  return {
    take: (numSamples) => free.get(numSamples)?.pop() ?? createArrays(puzzle, numSamples),
    give({ arrays, weights }) {
      const others = free.get(weights.length) ?? [];
      // Given back twice, they would be handed to two microbatches at once.
      if (!others.some((each) => each.weights === weights)) free.set(weights.length, [...others, { arrays, weights }]);
    },
  };
}
