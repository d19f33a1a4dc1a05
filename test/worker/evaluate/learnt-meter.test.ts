// Held-out items measured by what labels say of them: beside the task's own metrics, and the head in float64.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../shared/state/init.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { backends } from '../../../worker/backends/index.js';
import { buildParts } from '../../../worker/compute/build-parts.js';
import { evaluate, type EvaluationItem } from '../../../worker/evaluate/evaluate.js';
import { createEncoder } from '../../../worker/evaluate/features.js';
import { createLabeller } from '../../../worker/evaluate/labeller.js';
import { createSegmenter } from '../../../worker/evaluate/segmenter.js';
import { smallRecipe } from '../../helpers/checkpoints.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom, largestError, normal } from '../../helpers/numerics.js';

// Tensors are counted, so that one test at a time may have some.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const classes = ['cat', 'dog', 'eel'];
const options = { puzzlesPerItem: 3, seed: 7, framesPerItem: 2 };

function build(change: Readonly<Record<string, unknown>>) {
  const recipe = readRecipe({ ...smallRecipe('rotation', { classes }), ...change });
  const parts = buildParts(recipe);
  const { random } = freshRandom();
  const values = initValues(parts.layout, 5);
  // Heads begin with small weights and without a bias.
  for (const { name, offset, length } of parts.layout.entries) if (name.startsWith('head/')) for (let i = 0; i < length; i++) values[offset + i] = normal(random) / 4;
  const mediaOf = (item: number) => createMedia(item, { side: 24, puzzle: parts.puzzle });
  return { evaluated: { parts, values, learning: recipe }, mediaOf };
}

async function* stream(items: readonly EvaluationItem[]): AsyncGenerator<EvaluationItem> {
  for (const item of items) yield await Promise.resolve(item);
}

for (const [what, change, name] of [
  ['alone', { task: { name: 'segment' } }, 'pixelAccuracy'],
  ['beside another task', { task: undefined, tasks: [{ name: 'rotation' }, { name: 'segment' }] }, 'segment/pixelAccuracy'],
] as const) {
  test(`pixels learnt ${what} are measured as the task measures them, those of training masks are not`, async (t) => {
    const { evaluated, mediaOf } = build(change);
    const items = Array.from({ length: 7 }, (_, i): EvaluationItem => ({ media: mediaOf(i), split: i < 5 ? 'test' : 'train' }));
    const before = tf.memory().numTensors;
    const { segmentation, pretext, ...others } = await evaluate(evaluated, stream(items), options);
    t.is(tf.memory().numTensors, before);
    const { numPictures, numPixels, pixelAccuracy, classes: scores } = segmentation!;
    t.is(numPictures, 5);
    // Four pixels a picture are unknown, some of them outside of the square.
    t.true(numPixels < 5 * 24 * 24 && numPixels >= 5 * (24 * 24 - 4));
    t.true(Math.abs(pixelAccuracy - pretext.metrics[name]!.mean) < 1e-6, `${pixelAccuracy} ${pretext.metrics[name]!.mean}`);
    t.is(scores.reduce((sum, { told }) => sum + told, 0), numPixels);
    t.false('multiLabel' in others || 'classification' in others);
  });
}

test('classes that items may have several of are ranked by the head on the features', async (t) => {
  const { evaluated, mediaOf } = build({ task: { name: 'multi-label' } });
  const labels = ['cat', 'dog;eel', ';', 'cat;eel', undefined, 'cat', 'eel'];
  // What an item is of comes from its label alone.
  const items = labels.map((label, i): EvaluationItem => ({ media: { frames: mediaOf(i).frames, item: i }, split: i < 6 ? 'test' : 'train', ...(label !== undefined && { label }) }));
  const before = tf.memory().numTensors;
  const { multiLabel, ...others } = await evaluate(evaluated, stream(items), options);
  t.is(multiLabel!.numItems, 5);
  t.deepEqual(multiLabel!.classes.map(({ support }) => support), [3, 1, 2]);
  t.false('segmentation' in others || 'classification' in others);

  const { parts, values, learning } = evaluated;
  const { model, modelOptions, layout, sizes: { side, pixels } } = parts;
  const [labeller, encoder] = [createLabeller(learning, parts, values)!, createEncoder({ model, modelOptions, layout, values, side, pixels })];
  const arrayOf = (name: string): Float32Array => {
    const { offset, length } = layout.entries.find((entry) => entry.name === name)!;
    return values.slice(offset, offset + length);
  };
  const [weights, bias] = [arrayOf('head/classes/kernel'), arrayOf('head/classes/bias')];
  for (const { media } of items) {
    const features = (await encoder.encode(media.frames, 1)).at(-1)!;
    const byHand = classes.map((_, k) => features.reduce((sum, value, d) => sum + value * weights[d * 3 + k]!, bias[k]!));
    t.true(largestError((await labeller.label(media))!, byHand) < 1e-4);
  }
  for (const owner of [labeller, encoder]) owner.dispose();
  t.is(tf.memory().numTensors, before);
});

test('of a square picture at the size that the network sees, all pixels are told as they are measured', async (t) => {
  const { evaluated: { parts, values, learning }, mediaOf } = build({ task: { name: 'segment' } });
  const before = tf.memory().numTensors;
  const segmenter = createSegmenter(learning, parts, values)!;
  const { frames } = mediaOf(1);
  const square = { dataNHWC: new Uint8Array(24 * 24 * 3), numFrames: 1, height: 24, width: 24 };
  for (let row = 0; row < 24; row++) square.dataNHWC.set(frames.dataNHWC.subarray(row * frames.width * 3, (row * frames.width + 24) * 3), row * 24 * 3);
  const { told } = (await segmenter.tell({ frames: square, item: 0 }))!;
  t.deepEqual([...(await segmenter.segment(square, { width: 24, height: 24 }))!], [...told]);
  t.true(new Set(told).size > 1);
  // The left part of a wider picture is what is seen of it alone.
  const whole = (await segmenter.segment(frames, { width: frames.width, height: 24 }))!;
  t.deepEqual(Array.from({ length: 24 }, (_, row) => whole[row * frames.width]), Array.from({ length: 24 }, (_, row) => told[row * 24]));
  segmenter.dispose();
  t.is(tf.memory().numTensors, before);
});

test('a picture that shows nothing is told nothing of', async (t) => {
  const { evaluated: { parts, values, learning } } = build({ task: { name: 'multi-label' } });
  const labeller = createLabeller(learning, parts, values)!;
  const frames = { dataNHWC: new Uint8Array(5 * 5 * 3), numFrames: 1, height: 5, width: 5 };
  t.is(await labeller.label({ frames, item: 0 }), undefined);
  labeller.dispose();
});
