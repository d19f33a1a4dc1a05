// First values of a state. Leaves out loading them from a checkpoint (shared/checkpoint/).

import { createRandom } from '../random/random.js';
import type { Layout, LayoutEntry } from './layout.js';
import type { Init } from './spec.js';

/**
 * The values that a run starts from, [valuesLength]. Each array is keyed by its own name, so adding one leaves the others as
 * they were. `seed` is an integer in 0..2^32-1.
 */
export function initValues(layout: Layout, seed: number): Float32Array {
  const values = new Float32Array(layout.valuesLength);
  const partOf = ({ offset, length }: LayoutEntry): Float32Array => values.subarray(offset, offset + length);
  for (const entry of layout.entries) if (entry.kind !== 'teacher') fill(partOf(entry), entry, seed);
  copyTeachers(layout, values);
  return values;
}

/** The whole flat state that a run starts from: first values, empty slots. */
export function initState(layout: Layout, seed: number): Float32Array {
  const state = new Float32Array(layout.stateLength);
  state.set(initValues(layout, seed));
  return state;
}

/** Makes every teacher in `values` a copy of the array that it follows. */
export function copyTeachers(layout: Layout, values: Float32Array): void {
  const byName = new Map(layout.entries.map((entry) => [entry.name, entry]));
  for (const entry of layout.entries) {
    if (entry.kind !== 'teacher') continue;
    const { offset, length } = byName.get(entry.of)!;
    values.copyWithin(entry.offset, offset, offset + length);
  }
}

function fill(values: Float32Array, entry: LayoutEntry, seed: number): void {
  if (entry.kind === 'constant') values.set(entry.values());
  else if (entry.kind !== 'counter' && entry.kind !== 'teacher') fillInit(values, entry.init, entry, seed);
}

function fillInit(values: Float32Array, init: Init, { name, shape }: LayoutEntry, seed: number): void {
  if (init.kind === 'constant') {
    values.fill(init.value);
    return;
  }
  const random = createRandom({ seed, epoch: 0, sample: 0, purpose: `init/${name}` });
  const bound = boundOf(init);
  for (let i = 0; i < values.length; i++) values[i] = random.uniform(-bound, bound);
  if (init.kind === 'unitRows') normaliseRows(values, shape.at(-1)!);
}

function boundOf(init: Exclude<Init, { kind: 'constant' }>): number {
  if (init.kind === 'heUniform') return Math.sqrt(6 / init.fanIn) * (init.gain ?? 1);
  return init.kind === 'uniform' ? init.bound : 1;
}

function normaliseRows(values: Float32Array, numDims: number): void {
  for (let start = 0; start < values.length; start += numDims) {
    const row = values.subarray(start, start + numDims);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < numDims; i++) row[i] = row[i]! / length;
  }
}
