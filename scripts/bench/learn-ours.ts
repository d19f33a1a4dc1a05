// Our side of `npm run bench learn`: the views that both sides see, a training on them, and what the frozen trunk is worth.

import { appendFile, writeFile } from 'node:fs/promises';
import { createEpochPlan } from '../../coordinator/plan/epoch-plan.js';
import type { Item } from '../../shared/datasets/dataset.js';
import { sources } from '../../shared/datasets/index.js';
import { initState } from '../../shared/state/init.js';
import { createArrays } from '../../worker/augment/arrays.js';
import { pictureOf } from '../../worker/augment/ops/picture.js';
import { centralBox, copyResized } from '../../worker/augment/ops/resized-crop.js';
import { toBytes } from '../../worker/augment/ops/to-bytes.js';
import { prepareSamples } from '../../worker/augment/prepare-samples.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import { buildParts, type TrainerParts } from '../../worker/compute/build-parts.js';
import type { MicrobatchInput } from '../../worker/compute/forward.js';
import { createTrainer } from '../../worker/compute/trainer.js';
import { createLocalFiles } from '../../worker/data/item-files.js';
import { openDecoder } from '../../worker/data/open-decoder.js';
import { stackFeatures, type FeatureSet } from '../../worker/evaluate/feature-set.js';
import { createEncoder } from '../../worker/evaluate/features.js';
import { scoreKnn } from '../../worker/evaluate/knn.js';
import type { Media } from '../../worker/decode/media.js';
import { spread } from '../data/spread.js';

export interface LearnOptions {
  readonly data: string;
  readonly steps: number;
  /** Pictures of a step: one microbatch, which all negatives come from. */
  readonly batch: number;
  readonly side: number;
  readonly width: number;
  readonly rate: number;
  readonly temperature: number;
  readonly maxItems: number;
}

export interface Pictures {
  readonly items: readonly Item[];
  /** By the index of the item. */
  readonly media: ReadonlyMap<number, Media>;
}

/** Every picture of the folder, decoded: for sets that fit into memory. */
export async function readPictures(root: string, side: number): Promise<Pictures> {
  const { data } = readRecipe({ data: { root, source: 'image-folder', shortSide: side, side }, task: { name: 'rotation' } });
  const { items } = await sources['image-folder'].list(root, { holdout: data.holdout, links: data.links, seed: 1 });
  const decoder = await openDecoder(data, { openItem: createLocalFiles(root, { links: data.links }).open, soundHz: undefined, cacheBytes: 0, concurrency: 2 });
  const media = new Map<number, Media>();
  for (const item of items) media.set(item.index, await decoder.decode(item, 0));
  await decoder.dispose();
  return { items, media };
}

/** ResNet-18 with batch norm, and the paper's head and loss. */
export function createParts({ data, side, steps, batch, width, rate, temperature }: LearnOptions, seed: number): TrainerParts {
  return buildParts(readRecipe({
    data: { root: data, source: 'image-folder', side, shortSide: side }, seed, steps,
    task: { name: 'simclr', options: { temperature } },
    model: { name: 'resnet18', options: { norm: 'batch', width } },
    optimizer: { name: 'adamw', learningRate: rate, schedule: { name: 'constant' } }, batch: { microbatches: 1, microbatchSize: batch },
  }));
}

/** The microbatches of all steps, as a run would draw them. */
export function* drawSteps({ puzzle, seed, steps, sizes: { microbatchSize } }: TrainerParts, { items, media }: Pictures): Generator<MicrobatchInput> {
  const plan = createEpochPlan(items, { seed, microbatches: 1, microbatchSize, clipsPerVideo: 1 });
  for (let step = 1; step <= steps; step++) {
    const { arrays, weights } = createArrays(puzzle, microbatchSize);
    const samples = plan.microbatch(step, 0).map(({ item, epoch, sample }) => ({ media: media.get(item)!, epoch, sample }));
    prepareSamples(puzzle, { arrays, weights, firstSlot: 0, samples, seed });
    yield { step, microbatch: 0, arrays, weights };
  }
}

/** Writes the views step by step, first all of one side and then all of the other. */
export async function writeViews(parts: TrainerParts, pictures: Pictures, path: string): Promise<void> {
  await writeFile(path, '');
  for (const { arrays } of drawSteps(parts, pictures)) {
    for (const name of ['one', 'other']) await appendFile(path, Buffer.from(arrays[name] as Uint8Array));
  }
}

/** Items with their middle square as bytes, which both sides look at. */
export interface Looked {
  readonly split: 'train' | 'test';
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Evenly spaced items of each split. */
export function chooseLooked({ items, media }: Pictures, side: number, maxItems: number): Looked[] {
  return (['train', 'test'] as const).flatMap((split) => {
    const all = items.filter((item) => item.split === split && item.label !== undefined);
    return spread(all, maxItems).map((item) => {
      const picture = pictureOf(media.get(item.index)!.frames, 0);
      const [numbers, bytes] = [new Float32Array(side * side * 3), new Uint8Array(side * side * 3)];
      copyResized(picture, centralBox(picture), side, numbers);
      toBytes(numbers, bytes);
      return { split, label: item.label!, bytes };
    });
  });
}

/** Accuracy of nearest neighbours by features of the items that are looked at. */
export function scoreFeatures(looked: readonly Looked[], features: readonly Float32Array[]): number {
  const classes = [...new Set(looked.map(({ label }) => label))].sort();
  const select = (wanted: Looked['split']): FeatureSet => {
    const places = looked.flatMap(({ split }, i) => (split === wanted ? [i] : []));
    return stackFeatures(places.map((i) => features[i]!), places.map((i) => classes.indexOf(looked[i]!.label)));
  };
  return scoreKnn(select('train'), select('test'), classes.length);
}

/** Trains, and scores the trunk before and after. */
export async function learnOurs(parts: TrainerParts, pictures: Pictures, looked: readonly Looked[]): Promise<{ readonly untrained: number; readonly trained: number; readonly loss: number }> {
  const { layout, seed } = parts;
  const trainer = createTrainer(parts);
  const state = initState(layout, seed);
  trainer.load(state);
  const untrained = await scoreTrunk(parts, state, looked);
  const gradient = new Float32Array(layout.gradientLength);
  let loss = NaN;
  for (const input of drawSteps(parts, pictures)) {
    const { weights, terms: { ntXent } } = await trainer.computeGradient(input, gradient);
    loss = ntXent!.sum / ntXent!.weight;
    trainer.update({ step: input.step, gradientSum: gradient, weights });
  }
  await trainer.save(state);
  trainer.dispose();
  return { untrained, trained: await scoreTrunk(parts, state, looked), loss };
}

async function scoreTrunk({ model, modelOptions, layout, sizes: { side, pixels } }: TrainerParts, state: Float32Array, looked: readonly Looked[]): Promise<number> {
  const encoder = createEncoder({ model, modelOptions, layout, values: state.slice(0, layout.valuesLength), side, pixels });
  const features: Float32Array[] = [];
  for (const { bytes } of looked) features.push((await encoder.encode({ dataNHWC: bytes, numFrames: 1, height: side, width: side }, 1)).at(-1)!);
  encoder.dispose();
  return scoreFeatures(looked, features);
}
