// Arrays of a trunk that are drawn anew, each from the mean and the variance of the checkpoint's: less than its weights, more than random
// ones (Raghu, Zhang, Kleinberg, Bengio 2019, "Transfusion"). Pure.

import { createRandom, type Random } from '../random/random.js';
import { sizeOf } from '../state/spec.js';
import type { NamedArray } from '../tensors/safetensors.js';
import type { TargetArray } from './transfer.js';

/** A sum of so many uniform numbers has variance 1, and nearly a normal distribution: only additions, which are exact everywhere. */
const UNIFORMS = 12;

function drawNormal(random: Random): number {
  let sum = -UNIFORMS / 2;
  for (let i = 0; i < UNIFORMS; i++) sum += random.float();
  return sum;
}

function momentsOf(values: Float32Array): { readonly mean: number; readonly deviation: number } {
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** Draws those of `target` that the checkpoint has by name, whatever their shape there, into `values`. Gives their names. */
export function drawRest(values: Float32Array, target: readonly TargetArray[], stored: readonly NamedArray[], seed: number): string[] {
  const byName = new Map(stored.map((array) => [array.name, array.values]));
  return target.flatMap(({ name, shape, offset }) => {
    const given = byName.get(name);
    if (!given) return [];
    const { mean, deviation } = momentsOf(given);
    const random = createRandom({ seed, epoch: 0, sample: 0, purpose: `init/moments/${name}` });
    for (let i = 0; i < sizeOf(shape); i++) values[offset + i] = mean + deviation * drawNormal(random);
    return [name];
  });
}
