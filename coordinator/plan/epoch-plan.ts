// Which samples a step has: a pure function of (seed, manifest, step). Epochs follow one another without a gap and every
// epoch visits every sample once, in an order keyed by (seed, epoch). It does not depend on workers.

import { createRandom } from '../../shared/random/random.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Answer, Item } from '../../shared/datasets/dataset.js';
import type { LeasedSample } from '../../shared/protocol/messages.js';

export interface PlanOptions {
  readonly seed: number;
  readonly microbatches: number;
  readonly microbatchSize: number;
  /** Samples that a video gives per epoch; an image gives one. */
  readonly clipsPerVideo: number;
  /** What is shown of items, by the index of each whose label is. */
  readonly labels?: ReadonlyMap<number, Answer>;
  /** Times that such an item gives its samples in an epoch. Default 1. */
  readonly labelRepeats?: number;
  /** Number of the first epoch. Default 0. */
  readonly firstEpoch?: number;
}

export interface EpochPlan {
  /** Items that are trained on. */
  readonly numInstances: number;
  readonly samplesPerEpoch: number;
  readonly samplesPerStep: number;
  /** Samples of a microbatch of a step (1-based). */
  microbatch(step: number, index: number): readonly LeasedSample[];
  /** First position of a step, 0-based over the whole run. */
  firstPosition(step: number): number;
}

const CACHED_EPOCHS = 3;

/** Plans over the training items, in manifest order. There must be one at least: listing refuses an empty set. */
export function createEpochPlan(items: readonly Item[], options: PlanOptions): EpochPlan {
  const { clipsPerVideo, labels, labelRepeats = 1, firstEpoch = 0 } = options;
  const slots = items.flatMap((item, instance) => {
    const repeats = labels?.has(item.index) ? labelRepeats : 1;
    return Array.from({ length: repeats * (item.kind === 'video' ? clipsPerVideo : 1) }, () => ({ item, instance }));
  });
  const samplesPerEpoch = slots.length;
  const samplesPerStep = options.microbatches * options.microbatchSize;
  const orders = new Map<number, Uint32Array>();

  function orderOf(epoch: number): Uint32Array {
    let order = orders.get(epoch);
    if (!order) {
      order = createRandom({ seed: options.seed, epoch, sample: 0, purpose: 'order' }).permutation(samplesPerEpoch);
      orders.set(epoch, order);
      if (orders.size > CACHED_EPOCHS) orders.delete(Math.min(...orders.keys()));
    }
    return order;
  }

  function sampleAt(position: number): LeasedSample {
    const epoch = firstEpoch + Math.floor(position / samplesPerEpoch);
    const sample = orderOf(epoch)[position % samplesPerEpoch]!;
    const { item, instance } = slots[sample]!;
    return {
      position,
      epoch,
      sample,
      item: item.index,
      instance,
      path: item.path,
      kind: item.kind,
      bytes: item.bytes,
      ...labels?.get(item.index),
      ...dropUndefined({ content: item.content, durationS: item.durationS, width: item.width, height: item.height }),
    };
  }

  const firstPosition = (step: number): number => (step - 1) * samplesPerStep;
  return {
    numInstances: items.length,
    samplesPerEpoch,
    samplesPerStep,
    firstPosition,
    microbatch(step, index) {
      const first = firstPosition(step) + index * options.microbatchSize;
      return Array.from({ length: options.microbatchSize }, (_, i) => sampleAt(first + i));
    },
  };
}
