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
import { colorization as objective } from '../../../worker/tasks/colorization/objective.js';
import { BINS, colorization, WEIGHTS } from '../../../worker/tasks/colorization/puzzle.js';
import type { Net } from '../../../worker/tasks/objective.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';
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
  for (const power of [-700, 700, ...Array.from({ length: 200 }, () => random.uniform(-700, 700))]) {
    t.true(Math.abs(naturalExp(power) / Math.exp(power) - 1) < 1e-12, String(power));
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

test('each cell has the colour that its place and its part of the place ask for, by row and column', async (t) => {
  await backends.simd.start();
  const options = colorization.options.parse({ scale: 2, hidden: 8 });
  const centres = listBins(options.step);
  const numBins = centres.length / 2;
  const levels = [-20, -10, 10, 20];
  tf.tidy(() => {
    // Four places of 2 * 2 cells each. Numbers 0..3 of a cell say which part of its place it is, by the biases; 4..7 say which place.
    const spread = tf.buffer([4, 4 * 8]);
    const parts = tf.buffer([4 * 8]);
    const classes = tf.buffer([8, numBins]);
    for (let i = 0; i < 4; i++) {
      parts.set(1, 8 * i + i);
      for (let part = 0; part < 4; part++) spread.set(1, i, 8 * part + 4 + i);
      for (let bin = 0; bin < numBins; bin++) {
        if (centres[2 * bin] === levels[i]) classes.set(100, 4 + i, bin);
        if (centres[2 * bin + 1] === levels[i]) classes.set(100, i, bin);
      }
    }
    const named = {
      [BINS]: tf.tensor2d(centres, [numBins, 2]), [WEIGHTS]: tf.ones([numBins, 1]), 'head/spread/kernel': spread.toTensor(), 'head/spread/bias': parts.toTensor(),
      'head/classes/kernel': classes.toTensor(), 'head/classes/bias': tf.zeros([numBins]),
    };
    const identity = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j)));
    // The second picture has the places of the first in reverse.
    const features = tf.reshape<tf.Rank.R4>(tf.tensor2d([...identity, ...identity.toReversed()]), [2, 2, 2, 4]);
    const net: Net = { encode: () => [features], named: () => named, dropout: (inputs) => inputs, random: streamOf(1) };
    const batch = { numSamples: 2, tensors: { picture: tf.zeros([2, 8, 8, 3]) }, arrays: {}, weights: Float32Array.of(1, 1) };
    const colours = objective(options, sizesOf(8)).predict(batch, net)['means']!.arraySync() as number[][][];
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) {
        const place = 2 * Math.floor(row / 2) + Math.floor(column / 2);
        const part = 2 * (row % 2) + (column % 2);
        t.deepEqual(colours[0]![4 * row + column], [levels[place], levels[part]], `row ${row}, column ${column}`);
        t.deepEqual(colours[1]![4 * row + column], [levels[3 - place], levels[part]], `row ${row}, column ${column}`);
      }
    }
  });
});

test('a cell loses its cross-entropy times the weight of its nearest colour; the gain over grey is in roots of mean squares', async (t) => {
  await backends.simd.start();
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const options = colorization.options.parse({ scale: 4, step: 40, neighbours: 2 });
  const numBins = listBins(40).length / 2;
  // Two samples of two cells. Bins are nearest first; the second sample has the first one's in another order, which changes the weights.
  const [bins, shares] = [[1, 4, 6, 2, 4, 1, 2, 6], [0.75, 0.25, 0.625, 0.375, 0.75, 0.25, 0.5, 0.5]];
  const weights = Array.from({ length: numBins }, (_, bin) => 0.25 * (bin + 1));
  const logits = normals(random, 4 * numBins).map((value) => 2 * value);
  const [wanted, colours] = [[30, -20, 10, 5, 0, 40, -25, 60], [24, -12, 10, 8, 5, 10, -5, 40]];
  const losses = [0, 1].map((sample) => {
    const cells = [2 * sample, 2 * sample + 1].map((cell) => {
      const row = [...logits.subarray(cell * numBins, (cell + 1) * numBins)];
      const logSum = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const entropy = [2 * cell, 2 * cell + 1].reduce((sum, at) => sum + shares[at]! * (logSum - row[bins[at]!]!), 0);
      return weights[bins[2 * cell]!]! * entropy;
    });
    return (cells[0]! + cells[1]!) / 2;
  });
  // 6^2 + 8^2 + 3^2 of 30^2 + 20^2 + 10^2 + 5^2, and 5^2 + 30^2 + 20^2 + 20^2 of 40^2 + 25^2 + 60^2, over two cells.
  const overGrey = [Math.sqrt(1425 / 2) - Math.sqrt(109 / 2), Math.sqrt(5825 / 2) - Math.sqrt(1725 / 2)];
  tf.tidy(() => {
    const named = { [WEIGHTS]: tf.tensor2d(weights, [numBins, 1]) };
    const net: Net = { encode: () => [], named: () => named, dropout: (inputs) => inputs, random: streamOf(1) };
    const batch = {
      numSamples: 2, weights: Float32Array.of(1, 1), arrays: { bins: Int32Array.from(bins), shares: Float32Array.from(shares), picture: new Uint8Array(0), colours: Float32Array.from(wanted) },
      tensors: { colours: tf.tensor3d(wanted, [2, 2, 2]) },
    };
    const predictions = { logits: tf.tensor2d(logits, [4, numBins]), means: tf.tensor3d(colours, [2, 2, 2]) };
    const { terms, metrics } = objective(options, sizesOf(8)).losses(predictions, batch, net);
    t.true(largestError(terms['crossEntropy']!.perSample.dataSync<'float32'>(), losses) < 1e-5);
    t.true(largestError(metrics['overGrey']!.perSample.dataSync<'float32'>(), overGrey) < 1e-5);
  });
});

test('a guesser by lightness has the mean colour of all cells as light, and the gain is over what it leaves', async (t) => {
  await backends.simd.start();
  const options = colorization.options.parse({ scale: 4, step: 40, neighbours: 1 });
  const numBins = listBins(40).length / 2;
  // Two pictures of two by two cells; the left ones are dark.
  const picture = Uint8Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 20 : 220));
  const wanted = [10, 0, 0, 30, 20, 0, 0, 50, 30, 0, 0, 10, 40, 0, 0, 30];
  const guesses = [25, 0, 0, 30];
  const squaresOf = (sample: number, guessAt: (i: number) => number): number =>
    Array.from({ length: 8 }, (_, i) => (wanted[8 * sample + i]! - guessAt(i)) ** 2).reduce((a, b) => a + b);
  const distanceOf = (sample: number, guessAt: (i: number) => number): number => Math.sqrt(squaresOf(sample, guessAt) / 4);
  const expected = [0, 1].map((sample) => distanceOf(sample, (i) => guesses[i % 4]!));
  tf.tidy(() => {
    const net: Net = { encode: () => [], named: () => ({ [WEIGHTS]: tf.ones([numBins, 1]) }), dropout: (inputs) => inputs, random: streamOf(1) };
    const batch = {
      numSamples: 2, weights: Float32Array.of(1, 1), tensors: { colours: tf.tensor3d(wanted, [2, 4, 2]) },
      arrays: { bins: new Int32Array(8), shares: new Float32Array(8).fill(1), picture, colours: Float32Array.from(wanted) },
    };
    const predictions = { logits: tf.zeros([8, numBins]), means: tf.tensor3d(wanted, [2, 4, 2]) };
    const { metrics } = objective(options, sizesOf(8)).losses(predictions, batch, net);
    // Nothing is left, so that the gain is all that the guesser leaves.
    t.true(largestError(metrics['overLightness']!.perSample.dataSync<'float32'>(), expected) < 1e-5);
    t.true(largestError(metrics['overGrey']!.perSample.dataSync<'float32'>(), [0, 1].map((sample) => distanceOf(sample, () => 0))) < 1e-5);
  });
});

test('mean colours undo the rebalancing: classes learnt as often as they weigh give the mean that was there', async (t) => {
  await backends.simd.start();
  const centres = listBins(10);
  const numBins = centres.length / 2;
  const binOf = (a: number): number => Array.from({ length: numBins }, (_, bin) => bin).find((bin) => centres[2 * bin] === a && centres[2 * bin + 1] === 0)!;
  const weights = weighBins(centres, 0.5, 7);
  tf.tidy(() => {
    const { layout, objective: bound, model, modelOptions } = partsOf({
      data: { root: '/data', source: 'image-folder', side: 8, shortSide: 8 }, task: { name: 'colorization' },
      model: { name: 'convnet', options: { width: 2, stages: 2 } }, batch: { microbatches: 2, microbatchSize: 1 },
    });
    // Grey nine times of ten, green to red of 60 once; learnt with their weights.
    const biases = new Float32Array(numBins).fill(-100);
    biases[binOf(0)] = Math.log(0.9 * weights[binOf(0)]!);
    biases[binOf(60)] = Math.log(0.1 * weights[binOf(60)]!);
    const valuesOf: Record<string, Float32Array> = { [BINS]: centres, [WEIGHTS]: weights, 'head/classes/bias': biases };
    const values = Object.fromEntries(layout.entries.map(({ name, shape, length }) => [name, tf.tensor(valuesOf[name] ?? new Float32Array(length), [...shape])]));
    const batch = { numSamples: 1, tensors: { picture: tf.zeros([1, 8, 8, 3]) }, arrays: {}, weights: Float32Array.of(1) };
    const { means } = bound.predict(batch, createNet({ model, modelOptions, values }));
    t.true(Math.abs(means!.dataSync()[0]! - 6) < 0.01);
  });
});
