// Autoencoding: the way through the code, what is damaged, and the loss and its metrics against independent computations.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { autoencoder as objective } from '../../../worker/tasks/autoencoder/objective.js';
import { autoencoder } from '../../../worker/tasks/autoencoder/puzzle.js';
import type { Net } from '../../../worker/tasks/objective.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

const test = anyTest.serial as TestFn;
const SIDE = 12;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });
const plain = (level: number): Frames => createClip({ numFrames: 1, height: 20, width: 26 }, (_frame, _y, _x, c) => level + c);

test.before(async () => {
  await backends.simd.start();
});

test('the plain form has one picture; the denoising form damages what the trunk sees alone', (t) => {
  const { out } = drawOne(bindTask(autoencoder, {}, SIDE), { frames: plain(100), item: 0 }, streamOf(1));
  t.deepEqual(Object.keys(out), ['picture']);
  const damaged = drawOne(bindTask(autoencoder, { masked: 0.25 }, SIDE), { frames: plain(100), item: 0 }, streamOf(1)).out;
  t.deepEqual(damaged['picture'], out['picture']);
  t.notDeepEqual(damaged['seen'], out['picture']);
});

test('as many pixels are masked, salted and noised as the options say, all channels together', (t) => {
  const pixels = (given: object): number[][] => Array.from({ length: 20 }, (_, i) => {
    const { seen } = drawOne(bindTask(autoencoder, given, SIDE), { frames: plain(100), item: 0 }, streamOf(i)).out;
    return Array.from({ length: SIDE * SIDE }, (_, p) => [...seen!.subarray(3 * p, 3 * p + 3)]);
  }).flat();
  const shareOf = (all: readonly number[][], wanted: string): number => all.filter((pixel) => pixel.join() === wanted).length / all.length;
  const masked = pixels({ masked: 0.25 });
  // 2880 pixels: a standard error of 0.008.
  t.true(Math.abs(shareOf(masked, '0,0,0') - 0.25) < 0.032);
  t.true(Math.abs(shareOf(masked, '100,101,102') - 0.75) < 0.032);
  const salted = pixels({ saltAndPepper: 0.1 });
  t.true(Math.abs(shareOf(salted, '0,0,0') - 0.05) < 0.017);
  t.true(Math.abs(shareOf(salted, '255,255,255') - 0.05) < 0.017);
  const noises = pixels({ noise: 0.1 }).flatMap((pixel) => pixel.map((value, c) => (value - 100 - c) / 255));
  const mean = noises.reduce((a, b) => a + b) / noises.length;
  t.true(Math.abs(mean) < 0.005, String(mean));
  t.true(Math.abs(Math.sqrt(noises.reduce((sum, value) => sum + value ** 2, 0) / noises.length) - 0.1) < 0.005);
});

test('what is a sliver is not used', (t) => {
  const sliver = createClip({ numFrames: 1, height: 4, width: 60 }, () => 9);
  t.false(drawOne(bindTask(autoencoder, {}, SIDE), { frames: sliver, item: 0 }, streamOf(1)).isDrawn);
});

test('the way goes through the code, from maps of any side to pictures of any side', (t) => {
  for (const [mapSide, side, sides] of [[1, 8, [2, 4, 8]], [2, 30, [4, 8, 15, 30]], [8, 8, [8]], [3, 24, [6, 12, 24]]] as const) {
    const sizes = sizesOf(side);
    const specs = autoencoder.bind(autoencoder.options.parse({ code: 5, decoderWidth: 2 }), sizes).state({ channels: 4, side: mapSide, stages: [], state: [] });
    t.deepEqual(specs.find(({ name }) => name === 'head/code/kernel')!.shape, [mapSide * mapSide * 4, 5]);
    t.is(specs.filter(({ name }) => /level|picture/.test(name) && name.endsWith('kernel')).length, sides.length);
    tf.tidy(() => {
      const { random } = freshRandom();
      // None is below 0: by chance so small a decoder may let nothing through.
      const positives = (length: number): Float32Array => normals(random, length).map(Math.abs);
      const named = Object.fromEntries(specs.map(({ name, shape }) => [name, tf.tensor(positives(shape.reduce((a, b) => a * b, 1)), [...shape])]));
      const net: Net = { encode: () => [tf.tensor(positives(2 * mapSide * mapSide * 4), [2, mapSide, mapSide, 4])], named: () => named, dropout: (inputs) => inputs, random };
      const batch = { numSamples: 2, arrays: {}, weights: Float32Array.of(1, 1), tensors: { picture: tf.zeros([2, side, side, 3]) } };
      const make = (values: Record<string, tf.Tensor>): tf.Tensor => objective(autoencoder.options.parse({ code: 5, decoderWidth: 2 }), sizes)
        .predict(batch, { ...net, named: () => values })['picture']!;
      const picture = make(named);
      t.deepEqual(picture.shape, [2, side, side, 3]);
      // Without the code, all pictures are alike.
      const silent = make({ ...named, 'head/code/kernel': tf.zerosLike(named['head/code/kernel']!) }).dataSync();
      t.deepEqual(silent.slice(0, silent.length / 2), silent.slice(silent.length / 2));
      const both = picture.dataSync();
      t.notDeepEqual(both.slice(0, both.length / 2), both.slice(both.length / 2));
    });
  }
});

test('the loss is the mean square, and both gains are what is left of the baselines', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const length = SIDE * SIDE * 3;
  const [wanted, seen, made] = [normals(random, 2 * length), normals(random, 2 * length), normals(random, 2 * length).map((value) => value / 3)];
  const squares = (a: ArrayLike<number>, b: (i: number) => number, sample: number): number => {
    let sum = 0;
    for (let i = sample * length; i < (sample + 1) * length; i++) sum += (a[i]! - b(i)) ** 2;
    return sum / length;
  };
  const expected = [0, 1].map((sample) => {
    const means = [0, 1, 2].map((c) => {
      let sum = 0;
      for (let i = sample * length + c; i < (sample + 1) * length; i += 3) sum += wanted[i]!;
      return sum / (SIDE * SIDE);
    });
    const loss = squares(wanted, (i) => made[i]!, sample);
    return { loss, explained: 1 - loss / squares(wanted, (i) => means[i % 3]!, sample), cleaned: 1 - loss / squares(wanted, (i) => seen[i]!, sample) };
  });
  tf.tidy(() => {
    const tensorOf = (values: Float32Array): tf.Tensor => tf.tensor(values, [2, SIDE, SIDE, 3]);
    const batch = { numSamples: 2, arrays: {}, weights: Float32Array.of(1, 1), tensors: { picture: tensorOf(wanted), seen: tensorOf(seen) } };
    const net: Net = { encode: () => [], named: () => ({}), dropout: (inputs) => inputs, random };
    const { terms, metrics } = objective(autoencoder.options.parse({ masked: 0.5 }), sizesOf(SIDE)).losses({ picture: tensorOf(made) }, batch, net);
    const read = (tensor: tf.Tensor): Float32Array => tensor.dataSync<'float32'>();
    t.true(largestError(read(terms['pixels']!.perSample), expected.map(({ loss }) => loss)) < 1e-5);
    // Shares of squares have 1e-6 added.
    t.true(largestError(read(metrics['explained']!.perSample), expected.map(({ explained }) => explained)) < 1e-5);
    t.true(largestError(read(metrics['cleaned']!.perSample), expected.map(({ cleaned }) => cleaned)) < 1e-5);
  });
});
