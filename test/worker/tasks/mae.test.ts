import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import { toBatch } from '../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createNet } from '../../../worker/compute/net.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import type { Batch } from '../../../worker/tasks/objective.js';
import { mae } from '../../../worker/tasks/mae/puzzle.js';
import { partsOf } from '../../helpers/recipes.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, sizesOf } from '../../helpers/puzzles.js';
import { createInput } from '../../helpers/replicas.js';

const test = anyTest.serial as TestFn;

const SIDE = 16;
const PATCH = 4;
const NUM_PATCHES = 16;
const NUM_VISIBLE = 4;

test.before(async () => {
  await backends.simd.start();
});

const recipeOf = (options: object): object => ({
  data: { root: '/data', side: SIDE, shortSide: SIDE + 4 }, seed: 3,
  task: { name: 'mae', options: { decoderWidth: 8, decoderHeads: 2, decoderDepth: 1, ...options } },
  model: { name: 'vit', options: { patch: PATCH, width: 8, depth: 2, heads: 2 } },
});

interface Bench {
  readonly parts: TrainerParts;
  readonly values: Record<string, tf.Tensor>;
  /** Reads what the objective makes of a batch. */
  readonly measure: (change?: (batch: Batch) => void) => { patches: Float32Array; losses: number[]; explained: number[] };
}

/** Three pictures of noise. */
function createBench(options: object = {}): Bench {
  const parts = partsOf(recipeOf(options));
  const { random } = freshRandom();
  const { arrays, weights } = createInput(parts, random, 3);
  for (let i = 0; i < 3; i++) arrays['visible']!.set(random.permutation(NUM_PATCHES).subarray(0, NUM_VISIBLE).sort(), i * NUM_VISIBLE);
  const values = nameValues(parts.layout, initValues(parts.layout, 3));
  return {
    parts, values,
    measure: (change) => tf.tidy(() => {
      const changed = { arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])), numSamples: 3, tensors: {}, weights };
      change?.(changed);
      const batch = toBatch(parts.puzzle, changed.arrays, weights);
      const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values });
      const predictions = parts.objective.predict(batch, net);
      const { terms, metrics } = parts.objective.losses(predictions, batch, net);
      return {
        patches: predictions['patches']!.dataSync<'float32'>(),
        losses: [...terms['pixels']!.perSample.dataSync<'float32'>()],
        explained: [...metrics['explained']!.perSample.dataSync<'float32'>()],
      };
    }),
  };
}

interface Predicted {
  readonly patches: Float32Array;
  readonly bytes: ArrayLike<number>;
  readonly visible: ArrayLike<number>;
}

/** The loss by its definition, in float64, from the predicted patches and the bytes of the pictures. */
function lossByHand({ patches, bytes, visible }: Predicted, sample: number, isNormalised: boolean): number {
  const [mean, deviation] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
  const shown = new Set(Array.from({ length: NUM_VISIBLE }, (_, i) => visible[sample * NUM_VISIBLE + i]!));
  let sum = 0;
  for (let p = 0; p < NUM_PATCHES; p++) {
    if (shown.has(p)) continue;
    const pixels: number[] = [];
    for (let y = 0; y < PATCH; y++) {
      for (let x = 0; x < PATCH; x++) {
        for (let c = 0; c < 3; c++) {
          const [row, column] = [Math.floor(p / 4) * PATCH + y, (p % 4) * PATCH + x];
          pixels.push((bytes[((sample * SIDE + row) * SIDE + column) * 3 + c]! / 255 - mean[c]!) / deviation[c]!);
        }
      }
    }
    const average = pixels.reduce((a, b) => a + b) / pixels.length;
    const variance = pixels.reduce((a, b) => a + (b - average) ** 2, 0) / pixels.length;
    const wanted = isNormalised ? pixels.map((value) => (value - average) / Math.sqrt(variance + 1e-6)) : pixels;
    const start = (sample * NUM_PATCHES + p) * pixels.length;
    sum += wanted.reduce((total, value, i) => total + (value - patches[start + i]!) ** 2, 0) / pixels.length;
  }
  return sum / (NUM_PATCHES - NUM_VISIBLE);
}

for (const normalisePixels of [true, false]) {
  test(`the loss is the mean square over hidden patches alone (normalisePixels ${normalisePixels})`, (t) => {
    const { measure, values } = createBench({ normalisePixels });
    let arrays!: Batch['arrays'];
    const { patches, losses } = measure((batch) => { arrays = batch.arrays; });
    losses.forEach((loss, sample) => {
      const expected = lossByHand({ patches, bytes: arrays['picture']!, visible: arrays['visible']! }, sample, normalisePixels);
      t.true(Math.abs(loss - expected) < 1e-4 * expected, `${loss} and ${expected}`);
    });
    tf.dispose(values);
  });
}

test('the trunk sees visible patches alone: hidden pixels change no prediction, visible ones do', (t) => {
  const { measure, values } = createBench();
  const before = measure().patches;
  const paint = (isVisible: boolean) => (batch: Batch): void => {
    const { picture, visible } = batch.arrays;
    const shown = new Set(visible!.subarray(0, NUM_VISIBLE));
    for (let i = 0; i < SIDE * SIDE; i++) {
      const p = Math.floor(Math.floor(i / SIDE) / PATCH) * 4 + Math.floor((i % SIDE) / PATCH);
      if (shown.has(p) === isVisible) for (let c = 0; c < 3; c++) picture![i * 3 + c] = 255 - picture![i * 3 + c]!;
    }
  };
  t.deepEqual(measure(paint(false)).patches, before);
  const after = measure(paint(true)).patches;
  const length = before.length / 3;
  t.notDeepEqual(after.slice(0, length), before.slice(0, length));
  t.deepEqual(after.slice(length), before.slice(length), 'other pictures are left alone');
  tf.dispose(values);
});

test('an untrained decoder explains next to nothing', (t) => {
  const { measure, values } = createBench();
  t.true(measure().explained.every((share) => Math.abs(share) < 0.2));
  tf.dispose(values);
});

test('every patch is hidden equally often, and as many as the ratio says', (t) => {
  const puzzle = mae.bind(mae.options.parse({}), { ...sizesOf(SIDE), patch: PATCH });
  const media = createMedia(1, { side: 20, puzzle });
  const counts = new Array<number>(NUM_PATCHES).fill(0);
  for (let sample = 0; sample < 800; sample++) {
    const out = { picture: new Uint8Array(SIDE * SIDE * 3), visible: new Int32Array(NUM_VISIBLE) };
    t.true(puzzle.draw(media, createRandom({ seed: 5, epoch: 0, sample, purpose: 'puzzle' }), out));
    t.is(new Set(out.visible).size, NUM_VISIBLE);
    for (const p of out.visible) counts[p]! += 1;
  }
  // 15 degrees of freedom: 37.7 is passed once in a thousand keys, and the keys are fixed.
  t.true(counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0) < 37.7);
});

test('a model without patches, and a ratio that hides all or nothing, are refused with the reason', (t) => {
  t.throws(() => bindTask(mae, {}, SIDE), { code: 'BAD_RECIPE', message: /leave them out/ });
  t.throws(() => partsOf(recipeOf({ maskRatio: 0.99 })), { code: 'BAD_RECIPE', message: /leaves 0 of them to be seen/ });
  t.throws(() => partsOf(recipeOf({ maskRatio: 0.01 })), { code: 'BAD_RECIPE', message: /some hidden/ });
  t.throws(() => partsOf(recipeOf({ decoderHeads: 3 })), { code: 'BAD_RECIPE', message: /3 heads do not divide/ });
});
