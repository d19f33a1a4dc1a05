import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import type { Net } from '../../../worker/tasks/objective.js';
import { buildViewTask, compareGuesses, lookPastLostPicture } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;
const SMALL = { hidden: 5, dims: 6, predictorHidden: 4 };

test.before(async () => {
  await backends.simd.start();
});

for (const norm of ['microbatch', 'none']) {
  test(`norm ${norm}: a picture that cannot be used changes nothing, whatever its bytes are`, (t) =>
    lookPastLostPicture(t, buildViewTask('simsiam', { ...SMALL, norm })));
}

test('a guess is compared with the row of the view that it is a guess of', (t) => {
  compareGuesses(t, buildViewTask('simsiam', SMALL), { one: 'one', other: 'other' });
});

test('collapse is seen in features: rows are told apart, for they are brought to one variance, where all pictures look alike to the trunk', (t) => {
  const { objective, puzzle } = buildViewTask('simsiam', SMALL);
  const deviations = [1e-3, 1].map((size) => tf.tidy(() => {
    const rows = tf.tensor2d([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]]);
    const features = tf.tensor2d(Array.from({ length: 4 }, (_, i) => Array.from({ length: 8 }, (_value, k) => 1 + (k % 4 === i ? size : 0))));
    const batch = { numSamples: 4, tensors: {}, arrays: {}, weights: Float32Array.of(1, 1, 1, 1) };
    const { metrics } = objective.losses({ features, one: rows, other: rows, guessOfOne: rows, guessOfOther: rows }, batch, {} as Net);
    t.deepEqual([...metrics['accuracy']!.perSample.dataSync()], [1, 1, 1, 1]);
    return metrics['embeddingDeviation']!.perSample.dataSync()[0]!;
  }));
  const { collapsed } = puzzle.metrics['embeddingDeviation']!;
  t.true(deviations[0]! < collapsed! && deviations[1]! > collapsed!, deviations.join());
});

test('there is one network, no teacher and no queue', (t) => {
  t.true(buildViewTask('simsiam', SMALL).layout.entries.every(({ kind }) => kind === 'trained'));
});

test('a microbatch of one is refused where it is normalised over', (t) => {
  t.throws(() => buildViewTask('simsiam', SMALL, 1), { code: 'BAD_RECIPE', message: /normalises over the samples of a microbatch/ });
  t.notThrows(() => buildViewTask('simsiam', { ...SMALL, norm: 'none' }, 1));
});
