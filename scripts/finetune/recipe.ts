// The recipe of a run that fine-tunes, as a file would hold it: what all stages share, and the batch that suits the items. Pure.

import type { PlainMap } from '../../shared/recipe/plain.js';

export interface SharedOptions {
  readonly root: string;
  readonly seed: number;
  readonly task: string;
  readonly labelShare?: number | undefined;
  /** Model, sizes and pixels of a trunk that is there. */
  readonly from?: { readonly model: { readonly name: string; readonly options: PlainMap }; readonly data: PlainMap } | undefined;
}

export function describeShared({ root, seed, task, labelShare, from }: SharedOptions): PlainMap {
  return {
    name: 'finetune', seed,
    data: { root, ...from?.data, ...(labelShare !== undefined && { labelShare }) },
    task: { name: task },
    ...(from && { model: { name: from.model.name, options: from.model.options } }),
  };
}

/** Up to so many samples of an epoch, a step has so many: few items make more updates of smaller steps. */
const BATCHES: readonly (readonly [upTo: number, samples: number])[] = [[100, 8], [500, 16], [2000, 32], [Infinity, 64]];
const MOST_NORMALISED = 32;

export interface Batch {
  readonly microbatches: number;
  readonly microbatchSize: number;
}

/** `isCoupled`: batch norm's statistics are those of a microbatch, which should be large. */
export function chooseBatch(samplesPerEpoch: number, isCoupled: boolean): Batch {
  const [, samples] = BATCHES.find(([upTo]) => samplesPerEpoch <= upTo)!;
  const microbatches = isCoupled ? Math.ceil(samples / MOST_NORMALISED) : samples < 64 ? 4 : 8;
  return { microbatches, microbatchSize: samples / microbatches };
}
