// First values of a model's parameters. Left out: loading them from a checkpoint (shared/tensors).

import { createRandom } from '../../shared/random/random.js';
import type { Layout, LayoutEntry } from '../../shared/tensors/layout.js';

/**
 * The flat buffer a run starts from.
 *
 * Each parameter is keyed by its own name, so adding one leaves the others as they were. Only square roots and products are
 * used, which IEEE 754 rounds exactly: every engine gives the same bits. `seed` is an integer in 0..2^32-1.
 */
export function initParameters(layout: Layout, seed: number): Float32Array {
  const flat = new Float32Array(layout.length);
  for (const entry of layout.entries) {
    fillParameter(flat.subarray(entry.offset, entry.offset + entry.length), entry, seed);
  }
  return flat;
}

function fillParameter(values: Float32Array, { name, init }: LayoutEntry, seed: number): void {
  if (init.kind === 'constant') {
    values.fill(init.value);
    return;
  }
  const random = createRandom({ seed, epoch: 0, sample: 0, purpose: `init/${name}` });
  const bound = Math.sqrt(6 / init.fanIn) * (init.gain ?? 1);
  for (let i = 0; i < values.length; i++) values[i] = random.uniform(-bound, bound);
}
