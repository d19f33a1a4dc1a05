// Short trainings in one process, for tests of what a task learns and does not: a few hundred steps over made pictures.

import { createRandom } from '../../shared/random/random.js';
import { initState } from '../../shared/state/init.js';
import { createArrays } from '../../worker/augment/arrays.js';
import { prepareSamples } from '../../worker/augment/prepare-samples.js';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import { createTrainer, type MicrobatchResult } from '../../worker/compute/trainer.js';
import type { Frames } from '../../worker/decode/frames.js';
import type { Media } from '../../worker/decode/media.js';
import { createPretextMeter, type MetricScore } from '../../worker/evaluate/pretext.js';

/** Why a test that trains did nothing. */
export const ONLY_LONG = 'it trains for up to a minute: npm run test:long';

export interface Lesson {
  readonly parts: TrainerParts;
  /** The item of that number; the same at each call. */
  mediaOf(item: number): Media;
  /** Items 0 to numTrain - 1 are trained on. */
  readonly numTrain: number;
  /** Those after them are looked at in the end. */
  readonly numTest: number;
  /** Puzzles of each of those. Default 4. */
  readonly puzzlesPerItem?: number;
  /** The flat state that it begins from. Default: that of the seed. */
  readonly begin?: Float32Array;
  /** Told what each step came to. */
  readonly onStep?: (step: number, result: MicrobatchResult) => void;
}

export interface Learnt {
  /** On items that were held out. */
  readonly metrics: Readonly<Record<string, MetricScore>>;
  /** Flat. */
  readonly state: Float32Array;
}

/** Trains for the recipe's steps with one microbatch a step. */
export async function learn({ parts, mediaOf, numTrain, numTest, puzzlesPerItem = 4, begin, onStep }: Lesson): Promise<Learnt> {
  const { layout, puzzle, seed, steps, sizes: { microbatchSize } } = parts;
  const trainer = createTrainer(parts);
  trainer.load(begin ?? initState(layout, seed));
  const gradient = new Float32Array(layout.gradientLength);
  for (let step = 1; step <= steps; step++) {
    const random = createRandom({ seed, epoch: step, sample: 0, purpose: 'test items' });
    const items = Array.from({ length: microbatchSize }, () => random.int(numTrain));
    const { arrays, weights } = createArrays(puzzle, microbatchSize);
    prepareSamples(puzzle, { arrays, weights, firstSlot: 0, seed, samples: items.map((item) => ({ media: mediaOf(item), epoch: step, sample: item })) });
    const result = await trainer.computeGradient({ step, microbatch: 0, arrays, weights, instances: Int32Array.from(items) }, gradient);
    trainer.update({ step, gradientSum: gradient, weights: result.weights });
    onStep?.(step, result);
  }
  const state = new Float32Array(layout.stateLength);
  await trainer.save(state);
  trainer.dispose();
  const meter = createPretextMeter(parts, state.slice(0, layout.valuesLength), { puzzlesPerItem, seed });
  for (let item = numTrain; item < numTrain + numTest; item++) await meter.add(mediaOf(item));
  const { metrics } = await meter.score();
  meter.dispose();
  return { metrics, state };
}

/** How many standard errors of a guesser a share of `count` puzzles lies above chance. */
export const errorsAbove = (share: number, chance: number, count: number): number => (share - chance) / Math.sqrt((chance * (1 - chance)) / count);

/** Media made of pictures, each made once. */
export function mediaFrom(pictureOf: (item: number) => Frames): (item: number) => Media {
  const frames = new Map<number, Frames>();
  return (item) => {
    if (!frames.has(item)) frames.set(item, pictureOf(item));
    return { frames: frames.get(item)!, item };
  };
}
