// Colorization: Lab against literal values, bins and their weights, what is drawn, and what classes give that a mean would not.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import { naturalExp } from '../../../worker/augment/ops/exponential.js';
import { toLab } from '../../../worker/augment/ops/lab.js';
import { backends } from '../../../worker/backends/index.js';
import { createNet } from '../../../worker/compute/net.js';
import { encodeSoftly, listBins, weighBins } from '../../../worker/tasks/colorization/bins.js';
import { colorization } from '../../../worker/tasks/colorization/puzzle.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';
import { partsOf } from '../../helpers/recipes.js';

const test = anyTest.serial as TestFn;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });
const plain = (red: number, green: number, blue: number): Frames =>
  createClip({ numFrames: 1, height: 19, width: 23 }, (_frame, _y, _x, c) => [red, green, blue][c]!);

test('colours have the Lab values of the literature', (t) => {
  const known: readonly (readonly [number, number, number, number, number, number])[] = [
    [255, 255, 255, 100, 0, 0], [0, 0, 0, 0, 0, 0], [255, 0, 0, 53.24, 80.09, 67.2], [0, 255, 0, 87.73, -86.18, 83.18],
    [0, 0, 255, 32.3, 79.19, -107.86], [255, 255, 0, 97.14, -21.55, 94.48], [128, 128, 128, 53.59, 0, 0],
  ];
  const lab = new Float64Array(3);
  for (const [red, green, blue, ...wanted] of known) {
    toLab(red, green, blue, lab);
    wanted.forEach((value, i) => t.true(Math.abs(lab[i]! - value) < 0.02, `${red} ${green} ${blue}: ${lab.join(' ')}`));
  }
});

test('powers of e are those of the engine', (t) => {
  const { random } = freshRandom();
  for (let i = 0; i < 200; i++) {
    const power = random.uniform(-600, 600);
    t.true(Math.abs(naturalExp(power) / Math.exp(power) - 1) < 1e-11, String(power));
  }
});

test('bins are those of sRGB, coarser steps make fewer', (t) => {
  const counts = [5, 10, 20].map((step) => listBins(step).length / 2);
  t.true(counts[1]! >= 229 && counts[1]! <= 261, String(counts));
  t.true(counts[0]! > 3 * counts[1]! && counts[1]! > 3 * counts[2]!, String(counts));
});

test('a colour is spread over its nearest bins by the Gaussian', (t) => {
  const centres = Float32Array.from([0, 0, 10, 0, 0, 10, 50, 50]);
  const out = { bins: new Int32Array(3), shares: new Float32Array(3) };
  encodeSoftly(6, 1, centres, 5, out);
  t.deepEqual([...out.bins], [1, 0, 2]);
  const raw = [17, 37, 117].map((square) => Math.exp(-square / 50));
  const total = raw.reduce((a, b) => a + b, 0);
  out.shares.forEach((share, i) => t.true(Math.abs(share - raw[i]! / total) < 1e-6));
});

test('rare colours weigh more, the mean weight is 1, and an even distribution weighs all alike', (t) => {
  const centres = Float32Array.from([0, 0, 10, 0, 0, 20]);
  const prior = [1, Math.exp(-1), Math.exp(-2)].map((share, _i, all) => share / all.reduce((a, b) => a + b, 0));
  const raw = prior.map((share) => 1 / (0.5 * share + 0.5 / 3));
  const mean = raw.reduce((sum, weight, i) => sum + weight * prior[i]!, 0);
  weighBins(centres, 0.5, 10).forEach((weight, i) => t.true(Math.abs(weight - raw[i]! / mean) < 1e-5));
  t.true(weighBins(centres, 1, 10).every((weight) => Math.abs(weight - 1) < 1e-6));
});

test('the trunk sees lightness alone, and cells have the colours', (t) => {
  const { out, isDrawn } = drawOne(bindTask(colorization, {}, 12), { frames: plain(255, 0, 0), item: 0 }, streamOf(1));
  t.true(isDrawn);
  t.true(out['picture']!.every((value) => value === Math.round(53.24 * 2.55)));
  const colours = out['colours']!;
  t.is(colours.length, 3 * 3 * 2);
  colours.forEach((value, i) => t.true(Math.abs(value - (i % 2 === 0 ? 80.09 : 67.2)) < 0.02));
  const again = drawOne(bindTask(colorization, {}, 12), { frames: plain(255, 0, 0), item: 0 }, streamOf(1));
  t.deepEqual(again.out, out);
});

test('grey pictures cannot be used, unless the guard is off; a sliver never can', (t) => {
  const grey = { frames: plain(90, 90, 94), item: 0 };
  t.false(drawOne(bindTask(colorization, {}, 12), grey, streamOf(1)).isDrawn);
  t.true(drawOne(bindTask(colorization, { guards: { grey: false } }, 12), grey, streamOf(1)).isDrawn);
  const sliver = createClip({ numFrames: 1, height: 4, width: 60 }, (_frame, _y, _x, c) => 100 * c);
  t.false(drawOne(bindTask(colorization, {}, 12), { frames: sliver, item: 0 }, streamOf(1)).isDrawn);
});

test('cells that do not fit the picture or the last feature map are refused', (t) => {
  t.throws(() => bindTask(colorization, { scale: 5 }, 12), { message: /task\.options\.scale: cells of 5 pixels do not divide data\.side 12/ });
  const puzzle = bindTask(colorization, { scale: 4 }, 12);
  t.throws(() => puzzle.state({ channels: 4, side: 2, stages: [], state: [] }), { message: /3 cells a side, expected a multiple of the 2 places/ });
});

test('of two colours nearly as likely, the annealed mean is close to one of them where the mean is close to grey', async (t) => {
  await backends.simd.start();
  const centres = listBins(10);
  const binOf = (a: number): number => Array.from({ length: centres.length / 2 }, (_, bin) => bin).find((bin) => centres[2 * bin] === a && centres[2 * bin + 1] === 0)!;
  const firstColour = (temperature: number): number => tf.tidy(() => {
    const { layout, objective, model, modelOptions } = partsOf({
      data: { root: '/data', source: 'image-folder', side: 8, shortSide: 8 }, task: { name: 'colorization', options: { temperature } },
      model: { name: 'convnet', options: { width: 2, stages: 2 } }, batch: { microbatches: 2, microbatchSize: 1 },
    });
    // No weights but the classes' biases.
    const biases = new Float32Array(centres.length / 2).fill(-100);
    biases[binOf(40)] = 0.2;
    biases[binOf(-40)] = 0;
    const valuesOf: Record<string, Float32Array> = { 'head/bins': centres, 'head/classes/bias': biases };
    const values = Object.fromEntries(layout.entries.map(({ name, shape, length }) => [name, tf.tensor(valuesOf[name] ?? new Float32Array(length), [...shape])]));
    const batch = { numSamples: 1, tensors: { picture: tf.zeros([1, 8, 8, 3]) }, arrays: {}, weights: Float32Array.of(1) };
    return objective.predict(batch, createNet({ model, modelOptions, values }))['colours']!.dataSync()[0]!;
  });
  t.true(Math.abs(firstColour(1) - 40 * Math.tanh(0.1)) < 0.01);
  t.true(firstColour(0.05) > 35);
});
