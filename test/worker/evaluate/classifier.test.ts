// Probabilities of classes, against the trunk's features and a head in float64.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../shared/state/init.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { backends } from '../../../worker/backends/index.js';
import { buildParts } from '../../../worker/compute/build-parts.js';
import { averageProbabilities, createClassifier } from '../../../worker/evaluate/classifier.js';
import { createEncoder, spaceFrames, spaceViews } from '../../../worker/evaluate/features.js';
import { createMovingSquare } from '../../helpers/clips.js';
import { smallRecipe } from '../../helpers/checkpoints.js';
import { freshRandom, largestError, normal } from '../../helpers/numerics.js';

// Tensors are counted, so that one test at a time may have some.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const classes = ['cat', 'dog', 'eel'];
const whole = smallRecipe('classify', { classes });

/** The way of a recipe to probabilities, and the same by hand. */
function build(change: Readonly<Record<string, unknown>>, head = 'head/class') {
  const recipe = readRecipe({ ...whole, ...change });
  const parts = buildParts(recipe);
  const { random } = freshRandom();
  const values = initValues(parts.layout, 5);
  // The head begins with small weights and without a bias.
  for (const { name, offset, length } of parts.layout.entries) if (name.startsWith('head/')) for (let i = 0; i < length; i++) values[offset + i] = normal(random);
  const arrayOf = (name: string): Float32Array => {
    const { offset, length } = parts.layout.entries.find((entry) => entry.name === name)!;
    return values.slice(offset, offset + length);
  };
  const [weights, bias] = [arrayOf(`${head}/kernel`), arrayOf(`${head}/bias`)];
  const classifyByHand = (features: ArrayLike<number>): number[] => {
    const logits = classes.map((_, k) => Array.from(features).reduce((sum, value, d) => sum + value * weights[d * classes.length + k]!, bias[k]!));
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return logits.map((logit) => Math.exp(logit) / total);
  };
  return { recipe, parts, values, classifyByHand };
}

const meanOf = (rows: readonly (readonly number[])[]): number[] => rows[0]!.map((_, k) => rows.reduce((sum, row) => sum + row[k]! / rows.length, 0));

for (const [what, change, head] of [
  ['alone', {}, undefined],
  ['beside another task', { task: undefined, tasks: [{ name: 'rotation' }, { name: 'classify' }] }, 'head/classify/class'],
  ['with consistency', { consistency: { predictions: {} } }, undefined],
] as const) {
  test(`probabilities are the softmax of the head on the features, learnt ${what}`, async (t) => {
    const { recipe, parts, values, classifyByHand } = build(change, head);
    const { random } = freshRandom();
    const { model, modelOptions, layout, sizes: { side, pixels } } = parts;
    const before = tf.memory().numTensors;
    const classifier = createClassifier(recipe, parts, values)!;
    const encoder = createEncoder({ model, modelOptions, layout, values, side, pixels });
    const clip = createMovingSquare({ numFrames: 6, height: 28, width: 40 }, random, 8);
    const last = (await encoder.encodeFrames(clip, 4)).at(-1)!;
    const byHand = meanOf([0, 1, 2, 3].map((frame) => classifyByHand(last.subarray((frame * last.length) / 4, ((frame + 1) * last.length) / 4))));
    t.true(largestError(await classifier.classify(clip, 4), byHand) < 1e-5);
    const picture = { ...clip, numFrames: 1, dataNHWC: clip.dataNHWC.subarray(0, 28 * 40 * 3) };
    t.true(largestError(await classifier.classify(picture, 4), classifyByHand((await encoder.encode(picture, 1)).at(-1)!)) < 1e-5);
    t.deepEqual(classifier.classes, classes);
    for (const owner of [classifier, encoder]) owner.dispose();
    t.is(tf.memory().numTensors, before);
  });
}

test('a head over several frames is shown other frames in each view', async (t) => {
  const { recipe, parts, values, classifyByHand } = build({ task: { name: 'classify', options: { frames: 2 } } });
  const { random } = freshRandom();
  const { model, modelOptions, layout, sizes: { side, pixels } } = parts;
  const [classifier, encoder] = [createClassifier(recipe, parts, values)!, createEncoder({ model, modelOptions, layout, values, side, pixels })];
  const clip = createMovingSquare({ numFrames: 8, height: 28, width: 28 }, random, 8);
  const last = (await encoder.encodeFrames(clip, 8)).at(-1)!;
  const featuresOf = (frame: number): Float32Array => last.subarray((frame * last.length) / 8, ((frame + 1) * last.length) / 8);
  t.deepEqual(spaceViews(8, 2, 2), [1, 5, 3, 7]);
  const byHand = meanOf([[1, 5], [3, 7]].map(([a, b]) => classifyByHand(featuresOf(a!).map((value, d) => (value + featuresOf(b!)[d]!) / 2))));
  t.true(largestError(await classifier.classify(clip, 4), byHand) < 1e-5);
  for (const owner of [classifier, encoder]) owner.dispose();
});

test('views of one frame are spaced as features are, and short clips and pictures are shown again', (t) => {
  t.deepEqual(spaceViews(30, 8, 1), spaceFrames(30, 8));
  t.deepEqual(spaceViews(1, 1, 3), [0, 0, 0]);
  t.deepEqual(spaceViews(2, 4, 1), [0, 0, 1, 1]);
});

test('probabilities do not overflow', (t) => {
  t.deepEqual([...averageProbabilities(Float32Array.of(3e38, 0, 0, -3e38), 2)], [1, 0]);
  t.deepEqual([...averageProbabilities(Float32Array.of(1000, 1000), 2)], [0.5, 0.5]);
});

test('without learnt classes there is no classifier', (t) => {
  const recipe = readRecipe(smallRecipe('rotation'));
  const parts = buildParts(recipe);
  t.is(createClassifier(recipe, parts, initValues(parts.layout, 1)), undefined);
});
