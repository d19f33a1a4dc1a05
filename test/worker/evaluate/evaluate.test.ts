import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { backends } from '../../../worker/backends/index.js';
import { buildParts } from '../../../worker/compute/build-parts.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { evaluate, type Evaluated, type EvaluationItem, type EvaluationOptions } from '../../../worker/evaluate/evaluate.js';
import { createEncoder, spaceFrames, type Trunk } from '../../../worker/evaluate/features.js';
import type { TaskName } from '../../../worker/tasks/puzzles.js';
import { partsOf } from '../../helpers/recipes.js';
import { createClip, createMovingSquare, createNoise } from '../../helpers/clips.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';

// Tensors are counted, so that one test at a time may have some.
const test = anyTest.serial as TestFn;

const SIDE = 16;

test.before(async () => {
  await backends.simd.start();
});

function build(name: TaskName, seed: number): { trunk: Evaluated; encoded: Trunk; options: EvaluationOptions } {
  const parts = partsOf({
    data: { root: '/data', side: SIDE, shortSide: SIDE }, task: { name },
    model: { name: 'convnet', options: { width: 4, stages: 2, stemStride: 1 } }, batch: { microbatches: 1, microbatchSize: 5 },
  });
  const { model, modelOptions, layout } = parts;
  const values = initValues(layout, seed);
  return {
    trunk: { parts, values },
    encoded: { model, modelOptions, layout, values, side: SIDE, pixels: parts.sizes.pixels },
    options: { puzzlesPerItem: 3, seed: 7, framesPerItem: 4 },
  };
}

/** Clips of two classes, fine and coarse noise, with a square that moves. */
function createItems(numItems: number, random = freshRandom().random): EvaluationItem[] {
  const noise = createNoise(random);
  return Array.from({ length: numItems }, (_, index) => {
    const cell = index % 2 === 0 ? 1 : 4;
    const ground = Uint8Array.from({ length: 24 * 30 }, () => noise(256));
    const frames = createClip({ numFrames: 8, height: 24, width: 30 }, (frame, y, x) => {
      if (x > 2 * frame && x < 2 * frame + 6 && y > 8 && y < 16) return 255;
      return ground[(y - (y % cell)) * 30 + x - (x % cell)]!;
    });
    return { media: { frames, item: index }, split: index % 4 < 2 ? 'train' : 'test', label: index % 2 === 0 ? 'fine' : 'coarse' };
  });
}

async function* stream(items: readonly EvaluationItem[]): AsyncGenerator<EvaluationItem> {
  for (const item of items) yield await Promise.resolve(item);
}

test('frames are chosen evenly, and all of them where there are not enough', (t) => {
  t.deepEqual(spaceFrames(10, 2), [2, 7]);
  t.deepEqual(spaceFrames(3, 8), [0, 1, 2]);
  t.deepEqual(spaceFrames(1, 8), [0]);
});

test('features of a clip are the mean over its frames, one vector a stage, and scale a small picture up', async (t) => {
  const { encoded } = build('frame-order', 1);
  const { random } = freshRandom();
  const clip = createMovingSquare({ numFrames: 4, height: 24, width: 30 }, random, 6);
  const numTensors = tf.memory().numTensors;
  const encoder = createEncoder(encoded);
  const held = tf.memory().numTensors;
  const length = 24 * 30 * 3;
  const single = (i: number): Frames => ({ ...clip, numFrames: 1, dataNHWC: clip.dataNHWC.subarray(i * length, (i + 1) * length) });
  const whole = await encoder.encode(clip, 4);
  const parts = await Promise.all([0, 1, 2, 3].map((i) => encoder.encode(single(i), 4)));
  t.deepEqual(whole.map((vector) => vector.length), [4, 8]);
  whole.forEach((vector, stage) => {
    const mean = vector.map((_, d) => parts.reduce((sum, part) => sum + part[stage]![d]! / 4, 0));
    t.true(largestError(vector, mean) < 1e-5);
  });
  const small = createMovingSquare({ numFrames: 2, height: 9, width: 11 }, random, 4);
  t.true((await encoder.encode(small, 4)).flatMap((v) => [...v]).every(Number.isFinite));
  // Vectors are the same with places, whether these are of the same frames or of others.
  for (const [frames, numViews] of [[clip, 4], [clip, 3], [small, 4]] as const) {
    const { vectors, places } = await encoder.encodePlaces(frames, 4, numViews);
    t.deepEqual(vectors, await encoder.encode(frames, 4));
    places.forEach((each, stage) => t.is(each.length % (numViews * vectors[stage]!.length), 0));
  }
  t.is(tf.memory().numTensors, held);
  encoder.dispose();
  t.is(tf.memory().numTensors, numTensors);
});

test('an untrained trunk solves puzzles at chance, and its probes tell coarse from fine', async (t) => {
  const { trunk, options } = build('frame-order', 7);
  const items = createItems(48);
  const numTensors = tf.memory().numTensors;
  const result = await evaluate(trunk, stream(items), options);
  t.is(tf.memory().numTensors, numTensors);
  t.is(result.pretext.numPuzzles, 24 * 3);
  const { mean, standardError, chance } = result.pretext.metrics['accuracy']!;
  t.is(chance, 1 / 12);
  t.true(Math.abs(mean - 1 / 12) < 4 * Math.sqrt(11 / 144 / 72));
  t.true(Math.abs(standardError - Math.sqrt((mean * (1 - mean)) / 72)) < 1e-12);
  t.deepEqual([result.numTrain, result.numTest, result.numClasses], [24, 24, 2]);
  t.deepEqual(result.stages.map(({ stage }) => stage), ['stage1', 'stage2']);
  for (const stage of result.stages) {
    t.true(stage.linear > 0.8, JSON.stringify(stage));
    // The seed of the evaluation is the one that the parameters came from.
    t.is(stage.linear, stage.linearRandomInit);
    t.is(stage.knn, stage.knnRandomInit);
  }
  t.deepEqual(await evaluate(trunk, stream(items), options), result);
});

test('puzzles of one item are solved beside those of other items, where a task compares samples', async (t) => {
  const { trunk, options } = build('sound-match', 1);
  const items = Array.from({ length: 4 }, (_, item) => ({ media: createMedia(item, { side: 20, puzzle: trunk.parts.puzzle }), split: 'test' as const }));
  // More puzzles of an item than a microbatch has places.
  const { pretext } = await evaluate(trunk, stream(items), { ...options, puzzlesPerItem: 12 });
  t.is(pretext.numPuzzles, 48);
  const { mean, standardError } = pretext.metrics['accuracy']!;
  // All 48 had a partner.
  t.true(Math.abs(standardError - Math.sqrt((mean * (1 - mean)) / 48)) < 1e-9, `${mean} ${standardError}`);
});

test('without labels, with one class or with no held-out label there are no probes, and puzzles are still counted', async (t) => {
  const { trunk, options } = build('rotation', 1);
  const items = createItems(8);
  const unlabelled = items.map(({ media, split }) => ({ media, split }));
  const oneClass = items.map((item) => ({ ...item, label: 'only' }));
  const trainOnly = items.filter(({ split }) => split === 'train');
  const results = [];
  for (const given of [unlabelled, oneClass, trainOnly]) results.push(await evaluate(trunk, stream(given), options));
  t.deepEqual(results.map(({ stages }) => stages), [[], [], []]);
  t.deepEqual(results.map(({ numTrain, numTest, numClasses }) => [numTrain, numTest, numClasses]), [[0, 0, 0], [4, 4, 1], [4, 0, 2]]);
  t.deepEqual(results.map(({ pretext }) => pretext.numPuzzles), [12, 12, 0]);
});

test('tensors are given back when an item cannot be read', async (t) => {
  const { trunk, options } = build('rotation', 1);
  const numTensors = tf.memory().numTensors;
  async function* broken(): AsyncGenerator<EvaluationItem> {
    yield* stream(createItems(2));
    throw new Error('no such file');
  }
  await t.throwsAsync(evaluate(trunk, broken(), options), { message: 'no such file' });
  t.is(tf.memory().numTensors, numTensors);
});

test('of clips retrieval is measured, attentive probes where asked for, and what a network that has learnt classes says', async (t) => {
  const recipe = readRecipe({
    data: { root: '/data', side: SIDE, shortSide: SIDE, classes: ['coarse', 'fine', 'other'] }, task: { name: 'classify' },
    model: { name: 'convnet', options: { width: 4, stages: 2, stemStride: 1 } }, batch: { microbatches: 1, microbatchSize: 5 },
  });
  const parts = buildParts(recipe);
  // A trunk that has forgotten everything, so that it cannot be taken for the untrained one.
  const values = new Float32Array(parts.layout.valuesLength);
  // The same clips each time: what an untrained trunk makes of twelve of them is a matter of luck.
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'test' });
  const items = createItems(24, random).map((item) => ({ ...item, media: { ...item.media, fps: 8 } }));
  const options = { puzzlesPerItem: 1, seed: 7, framesPerItem: 2, withAttentive: true };
  const numTensors = tf.memory().numTensors;
  const { stages, classification } = await evaluate({ parts, values, learning: recipe }, stream(items), options);
  t.is(tf.memory().numTensors, numTensors);
  for (const { linear, linearRandomInit, knn, knnRandomInit, attentive, attentiveRandomInit, retrieval } of stages) {
    t.deepEqual([linear, knn, attentive, retrieval![0]!.recall], [0.5, 0.5, 0.5, 0.5]);
    const untrained = [linearRandomInit, knnRandomInit, attentiveRandomInit!, retrieval![0]!.recallRandomInit];
    t.true(untrained.every((score) => score > 0.8 && score <= 1), JSON.stringify(untrained));
    t.deepEqual(retrieval!.map(({ nearest }) => nearest), [1, 5, 10, 20]);
    for (const { recall, recallRandomInit, chance } of retrieval!) t.true(recall <= 1 && recallRandomInit <= 1 && chance >= 0.5);
  }
  const { numItems, confusion, classes } = classification!;
  t.is(numItems, 12);
  t.deepEqual([0, 1, 2].map((own) => confusion.reduce((sum, { label, count }) => sum + (label === own ? count : 0), 0)), [6, 6, 0]);
  t.deepEqual(classes.map(({ name, support }) => [name, support]), [['coarse', 6], ['fine', 6], ['other', 0]]);
  // Pictures are none, and a task of another kind has learnt no classes.
  const plain = await evaluate({ parts, values }, stream(createItems(8)), { ...options, withAttentive: false });
  t.deepEqual([plain.classification, ...plain.stages.flatMap(({ attentive, retrieval }) => [attentive, retrieval])], [undefined, undefined, undefined, undefined, undefined]);
});
