// The attentive probe against float64, and on maps where one place says it all.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { attentiveGradient, judgeAttentiveProbe, scoreAttentiveProbe, type PlaceSet } from '../../../worker/evaluate/attentive-probe.js';
import { stackFeatures } from '../../../worker/evaluate/feature-set.js';
import { scoreLinearProbe } from '../../../worker/evaluate/linear-probe.js';
import { freshRandom, largestError, normal, normals } from '../../helpers/numerics.js';

// Tensors are counted, so that one test at a time may have some.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const [N, P, D, K, DECAY] = [5, 4, 3, 3, 0.1];

/** The loss in float64. */
function lossOf(places: ArrayLike<number>, labels: readonly number[], query: readonly number[], weights: readonly number[]): number {
  let loss = 0;
  for (let n = 0; n < N; n++) {
    const placeOf = (p: number): number[] => Array.from({ length: D }, (_, d) => places[(n * P + p) * D + d]!);
    const powers = Array.from({ length: P }, (_, p) => Math.exp(placeOf(p).reduce((sum, value, d) => sum + value * query[d]!, 0) / Math.sqrt(D)));
    const total = powers.reduce((a, b) => a + b);
    const mean = Array.from({ length: D }, (_, d) => powers.reduce((sum, power, p) => sum + (power / total) * placeOf(p)[d]!, 0));
    const logits = Array.from({ length: K }, (_, k) => [...mean, 1].reduce((sum, value, d) => sum + value * weights[d * K + k]!, 0));
    loss += (Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[labels[n]!]!) / N;
  }
  return loss + (DECAY / 2) * [...query, ...weights].reduce((sum, value) => sum + value ** 2, 0);
}

test('its gradient is that of the loss in float64', (t) => {
  const { random } = freshRandom();
  const places = normals(random, N * P * D);
  const [query, weights] = [normals(random, D), normals(random, (D + 1) * K)];
  const labels = Array.from({ length: N }, () => random.int(K));
  const gradient = tf.tidy(() => {
    const wanted = tf.oneHot(tf.tensor1d(labels, 'int32'), K, 1, 0, 'float32') as tf.Tensor2D;
    const found = attentiveGradient(tf.tensor3d(places, [N, P, D]), wanted, { query: tf.tensor2d(query, [D, 1]), weights: tf.tensor2d(weights, [D + 1, K]) }, DECAY);
    return [...found.query.dataSync(), ...found.weights.dataSync()];
  });
  const all = [...query, ...weights];
  const numeric = all.map((_, i) => {
    const [above, below] = [1e-5, -1e-5].map((step) => {
      const moved = all.map((value, j) => (i === j ? value + step : value));
      return lossOf(places, labels, moved.slice(0, D), moved.slice(D));
    }) as [number, number];
    return (above - below) / 2e-5;
  });
  t.true(largestError(gradient, numeric) < 1e-5);
});

const NUM_DIMS = 8;

/** One place of many is marked, and it alone tells the class; the others say something of the same size at random. */
function createMaps(random: Random, size: number, numPlaces: number): PlaceSet {
  const labels = Int32Array.from({ length: size }, () => random.int(3));
  const placesNPD = new Float32Array(size * numPlaces * NUM_DIMS);
  labels.forEach((label, item) => {
    const marked = random.int(numPlaces);
    for (let place = 0; place < numPlaces; place++) {
      const numbers = placesNPD.subarray((item * numPlaces + place) * NUM_DIMS, (item * numPlaces + place + 1) * NUM_DIMS);
      numbers.set(normals(random, NUM_DIMS).map((value) => value / 4));
      numbers[place === marked ? label : random.int(3)]! += 2;
      numbers[3]! += place === marked ? 3 : 0;
    }
  });
  return { placesNPD, numDims: NUM_DIMS, labels };
}

function average({ placesNPD, labels }: PlaceSet, numPlaces: number) {
  return stackFeatures(Array.from(labels, (_, item) => Float32Array.from({ length: NUM_DIMS }, (_, d) =>
    Array.from({ length: numPlaces }, (_, place) => placesNPD[(item * numPlaces + place) * NUM_DIMS + d]!).reduce((a, b) => a + b) / numPlaces)), [...labels]);
}

test('it finds the place that tells the class, which the mean of all places hides', async (t) => {
  const { random } = freshRandom();
  const [train, held] = [createMaps(random, 200, 12), createMaps(random, 200, 12)];
  const before = tf.memory().numTensors;
  const linear = await scoreLinearProbe(average(train, 12), average(held, 12), 3);
  const attentive = await scoreAttentiveProbe(train, held, 3);
  t.is(tf.memory().numTensors, before);
  t.true(linear < 0.75 && attentive > 0.95, `${linear} ${attentive}`);
  t.is(await scoreAttentiveProbe(train, held, 3), attentive);
});

test('it begins as the linear probe, and with one place it stays near it', async (t) => {
  const { random } = freshRandom();
  const draw = (size: number): PlaceSet => {
    const labels = Int32Array.from({ length: size }, () => random.int(3));
    return { labels, numDims: NUM_DIMS, placesNPD: Float32Array.from({ length: size * 2 * NUM_DIMS }, (_, i) => normal(random) + (i % NUM_DIMS === labels[Math.floor(i / 2 / NUM_DIMS)] ? 1 : 0)) };
  };
  const [train, held] = [draw(90), draw(300)];
  const options = { numSteps: 0, learningRate: 0.02, weightDecay: 0.01 };
  t.is((await judgeAttentiveProbe(train, held, 3, options)).accuracy, await scoreLinearProbe(average(train, 2), average(held, 2), 3));
  const single = (set: PlaceSet): PlaceSet => ({ ...set, placesNPD: average(set, 2).featuresND });
  const [one, linear] = [(await judgeAttentiveProbe(single(train), single(held), 3, { ...options, numSteps: 100 })).accuracy, await scoreLinearProbe(average(train, 2), average(held, 2), 3)];
  t.true(Math.abs(one - linear) < 0.03, `${one} ${linear}`);
});
