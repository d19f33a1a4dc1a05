// What a network answers, in words and pictures: the same answers as are measured, for every task, and pictures of perfect predictions.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { sizeOf } from '../../../shared/state/spec.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { normaliseFixed } from '../../../worker/augment/ops/normalise.js';
import { sliceSample } from '../../../worker/augment/prepare-samples.js';
import { backends } from '../../../worker/backends/index.js';
import { answerPuzzles } from '../../../worker/evaluate/answers.js';
import { createPretextMeter } from '../../../worker/evaluate/pretext.js';
import { PHOTOGRAPHS } from '../../../worker/pixels.js';
import type { ShownArray } from '../../../worker/tasks/task.js';
import { createMedia } from '../../helpers/media.js';
import { partsOf } from '../../helpers/recipes.js';
import { buildCase, describeCase, names, SIDE, type Case } from '../../helpers/task-cases.js';

// Tensors are counted.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('as many answers are right as the metric says, and each is said in the words of its task', async (t) => {
  const parts = buildCase({ name: 'rotation', options: {} });
  const values = initValues(parts.layout, 3);
  const media = Array.from({ length: 20 }, (_, item) => createMedia(item, { side: SIDE + 4, puzzle: parts.puzzle }));
  const numTensors = tf.memory().numTensors;
  const answered = await answerPuzzles({ parts, values }, media, 5);
  t.is(tf.memory().numTensors, numTensors);
  const meter = createPretextMeter(parts, values, { puzzlesPerItem: 1, seed: 5 });
  t.teardown(() => meter.dispose());
  for (const each of media) await meter.add(each);
  const { mean } = (await meter.score()).metrics['accuracy']!;
  t.is(answered.filter(({ said }) => said!.isRight).length, Math.round(20 * mean));
  t.deepEqual(answered.map(({ item }) => item), media.map(({ item }) => item));
  for (const { answer, said, shown } of answered) {
    t.regex(said!.text, /^turned by (0|90|180|270) degrees$/);
    t.is(said!.text === answer, said!.isRight);
    t.true(said!.sureness >= 0.25 && said!.sureness <= 1);
    t.deepEqual(Object.keys(shown), ['picture']);
  }
});

/** Tasks that compare views have no answer that could be read. */
const SILENT = new Set(['byol', 'instance', 'lejepa', 'moco', 'pirl', 'simclr', 'simsiam', 'vicreg']);
const PAINTING = new Set(['artifact-spotting', 'autoencoder', 'colorization', 'future-frame', 'inpainting', 'mae', 'segment']);

test('every task that has an answer gives it, in arrays that are what they say', async (t) => {
  for (const name of names) {
    const each: Case = { name, options: {} };
    const parts = buildCase(each);
    const media = [0, 1, 2].map((item) => createMedia(item, { side: SIDE + 4, puzzle: parts.puzzle }));
    const answered = await answerPuzzles({ parts, values: initValues(parts.layout, 3) }, media, 5);
    if (answered.length === 0) {
      t.true(SILENT.has(each.name), describeCase(each));
      continue;
    }
    t.is(answered[0]!.said === undefined, PAINTING.has(each.name), describeCase(each));
    for (const { shown } of answered) for (const { shape, values } of Object.values(shown)) t.is(values.length, sizeOf(shape), describeCase(each));
  }
});

test('several tasks answer together', async (t) => {
  const parts = partsOf({
    data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE + 4 }, tasks: [{ name: 'rotation' }, { name: 'inpainting', weight: 1 }],
    model: { name: 'convnet', options: { width: 3, stages: 2 } }, batch: { microbatches: 1, microbatchSize: 4 },
  });
  const [answer] = await answerPuzzles({ parts, values: initValues(parts.layout, 1) }, [createMedia(0, { side: SIDE + 4, puzzle: parts.puzzle })], 1);
  t.regex(answer!.said!.text, /^rotation: turned by \d+ degrees$/);
  t.regex(answer!.answer, /^rotation: turned by \d+ degrees; inpainting: the pixels that are missing$/);
  t.true('inpainting/filled in' in answer!.shown && 'rotation/picture' in answer!.shown);
});

/** Draws one puzzle and shows what a network would paint that predicts so. */
function paint(given: Case, predict: (arrays: Readonly<Record<string, ArrayLike<number>>>) => Record<string, Float32Array>): { shown: Readonly<Record<string, ShownArray>>; drawn: Readonly<Record<string, ArrayLike<number>>> } {
  const { puzzle } = buildCase(given);
  const drawn = sliceSample(createArrays(puzzle, 1).arrays, 0, 1);
  puzzle.draw(createMedia(0, { side: SIDE + 4, puzzle }), createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'puzzle' }), drawn);
  return { shown: puzzle.showPredicted!(drawn, predict(drawn)), drawn };
}

const normalise = (bytes: ArrayLike<number>): Float32Array => {
  const values = Float32Array.from(bytes);
  normaliseFixed(values, PHOTOGRAPHS);
  return values;
};

/** The pixels of each patch of 4, one patch after another. */
function cutPatches(pictureHWC: ArrayLike<number>): Float32Array {
  const [patch, across] = [4, SIDE / 4];
  return Float32Array.from({ length: pictureHWC.length }, (_, i) => {
    const [number, place] = [Math.floor(i / (patch * patch * 3)), i % (patch * patch * 3)];
    const [y, x] = [Math.floor(number / across) * patch + Math.floor(place / (patch * 3)), (number % across) * patch + (Math.floor(place / 3) % patch)];
    return pictureHWC[(y * SIDE + x) * 3 + (place % 3)]!;
  });
}

test('pictures of perfect predictions are the pictures that were asked for', (t) => {
  const picture = ({ picture: bytes }: Readonly<Record<string, ArrayLike<number>>>) => ({ picture: normalise(bytes!) });
  const cleaned = paint({ name: 'autoencoder', options: { noise: 0.2 } }, picture);
  t.deepEqual(cleaned.shown['as it is painted']!.values, cleaned.drawn['picture']);
  const filled = paint({ name: 'inpainting', options: {} }, picture);
  t.deepEqual(filled.shown['filled in']!.values, filled.drawn['picture']);
  t.notDeepEqual(filled.shown['seen']!.values, filled.drawn['picture']);
  const later = paint({ name: 'future-frame', options: { horizonS: 0.3 } }, ({ future }) => ({ future: normalise(future!) }));
  t.deepEqual(later.shown['as it is expected']!.values, later.shown['later frame']!.values);
  const coloured = paint({ name: 'colorization', options: { scale: 4 } }, ({ colours }) => ({ means: Float32Array.from(colours!) }));
  t.deepEqual(coloured.shown['coloured']!.values, coloured.shown['its own colours']!.values);
  t.notDeepEqual(coloured.shown['coloured']!.values, coloured.shown['seen']!.values);
  // Of three classes; where the class is not known nobody can be right.
  const told = paint({ name: 'segment', options: {} }, ({ mask }) => ({ mask: Float32Array.from({ length: 3 * mask!.length }, (_, i) => (mask![Math.floor(i / 3)] === i % 3 ? 1 : 0)) }));
  const [said, right] = [told.shown['as it is told']!.values, told.shown['mask']!.values];
  t.true(said.some((value) => value > 0) && said.every((value, i) => value === right[i] || told.drawn['mask']![Math.floor(i / 3)]! < 0));
  const whole = paint({ name: 'mae', options: { normalisePixels: false } }, ({ picture: bytes }) => ({ patches: cutPatches(normalise(bytes!)) }));
  t.deepEqual(whole.shown['filled in']!.values, whole.drawn['picture']);
});

test('hidden patches that are predicted without brightness and contrast get those of the picture', (t) => {
  const { shown, drawn } = paint({ name: 'mae', options: { normalisePixels: true } }, ({ picture }) => {
    const patches = cutPatches(picture!);
    for (let start = 0; start < patches.length; start += 48) {
      const patch = patches.subarray(start, start + 48);
      const mean = patch.reduce((sum, value) => sum + value, 0) / 48;
      const deviation = Math.sqrt(patch.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 48);
      patch.forEach((value, i) => (patch[i] = (value - mean) / deviation));
    }
    return { patches };
  });
  t.deepEqual(shown['filled in']!.values, drawn['picture']);
});
