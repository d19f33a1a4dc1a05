// Whether leases can be those of the recipe: numbers that nothing here has a place for are refused. Pure.

import type { Message } from '../../shared/protocol/messages.js';

export interface LeaseBounds {
  readonly microbatches: number;
  readonly microbatchSize: number;
  /** Items that are trained on. */
  readonly numInstances: number;
}

/** Throws on what is out of bounds. */
export function checkLease({ microbatches: leased }: Message<'lease'>, { microbatches, microbatchSize, numInstances }: LeaseBounds): void {
  for (const { index, samples } of leased) {
    if (index >= microbatches) throw new Error(`a lease of microbatch ${index} of ${microbatches}`);
    if (samples.length !== microbatchSize) throw new Error(`a microbatch of ${samples.length} samples, expected ${microbatchSize}`);
    const stranger = samples.find(({ instance }) => instance >= numInstances);
    if (stranger) throw new Error(`a lease of item ${stranger.instance} of ${numInstances}`);
  }
}
