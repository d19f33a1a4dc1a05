// A quick look at a checkpoint: what it measures, and how far features spread.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import { measureSpread } from '../../../worker/evaluate/embedding.js';
import type { EvaluationItem } from '../../../worker/evaluate/evaluate.js';
import { look } from '../../../worker/evaluate/look.js';
import { partsOf } from '../../helpers/recipes.js';
import { createClip, createNoise } from '../../helpers/clips.js';
import { freshRandom, normals } from '../../helpers/numerics.js';

// Tensors are counted, so that one test at a time may have some.
const test = anyTest.serial as TestFn;

const SIDE = 16;

test.before(async () => {
  await backends.simd.start();
});

function createItems(count: number): EvaluationItem[] {
  const noise = createNoise(createRandom({ seed: 6, epoch: 0, sample: 0, purpose: 'test items' }));
  return Array.from({ length: count }, (_, item) => {
    const ground = Uint8Array.from({ length: 24 * 24 }, () => noise(256));
    const cell = item % 2 === 0 ? 1 : 6;
    const frames = createClip({ numFrames: 1, height: 24, width: 24 }, (_frame, y, x) => ground[(y - (y % cell)) * 24 + x - (x % cell)]!);
    return { media: { frames, item }, split: item % 4 < 2 ? 'train' : 'test', label: item % 2 === 0 ? 'fine' : 'coarse' };
  });
}

async function* stream(items: readonly EvaluationItem[]): AsyncGenerator<EvaluationItem> {
  for (const item of items) yield await Promise.resolve(item);
}

async function lookAt(task: string, data = {}, items = createItems(32)): Promise<Awaited<ReturnType<typeof look>>> {
  const parts = partsOf({
    data: { root: '/data', side: SIDE, shortSide: SIDE, ...data }, task: { name: task },
    model: { name: 'convnet', options: { width: 4, stages: 2, stemStride: 1 } }, batch: { microbatches: 1, microbatchSize: 6 },
  }, 16);
  const evaluated = { parts, values: initValues(parts.layout, 3) };
  return look(evaluated, stream(items), { puzzlesPerItem: 2, seed: 5, framesPerItem: 1, step: 0 });
}

test('it measures both splits, features, gradients by group and neighbours, and leaves no tensor behind', async (t) => {
  const before = tf.memory().numTensors;
  const { held, trained, spread, spreadUntrained, gradient, knn } = await lookAt('rotation');
  t.is(tf.memory().numTensors, before);
  t.deepEqual([held.numPuzzles, trained.numPuzzles], [32, 32]);
  for (const each of [spread, spreadUntrained]) t.true(each.deviation > 0 && each.effectiveRank > 1);
  t.deepEqual(Object.keys(gradient).sort(), ['head', 'trunk/stage1', 'trunk/stage2']);
  for (const norm of Object.values(gradient)) t.true(norm > 0 && Number.isFinite(norm));
  t.true(knn!.trained >= 0.8, 'fine and coarse noise are told apart even untrained');
});

test('a task that keeps a row of each item gives no gradients, and everything else', async (t) => {
  const { gradient, held } = await lookAt('instance');
  t.deepEqual(gradient, {});
  t.true(held.numPuzzles > 0);
});

test('a task that learns from labels gets those of both splits', async (t) => {
  const { held, trained, gradient } = await lookAt('classify', { classes: ['coarse', 'fine'] });
  for (const { metrics: { accuracy } } of [held, trained]) t.true(accuracy!.mean >= 0 && accuracy!.mean <= 1);
  for (const norm of Object.values(gradient)) t.true(norm > 0 && Number.isFinite(norm));
});

test('labels that a run is not shown count for neighbours alone, and items that it leaves out for no metric', async (t) => {
  const classes = ['coarse', 'fine'];
  const items = createItems(32);
  const hide = (hidden: 'label' | 'item', from: number) => items.map((item, i) => (item.split === 'train' && i >= from ? { ...item, hidden } : item));
  const [whole, unlabelled] = [await lookAt('classify', { classes }, items), await lookAt('classify', { classes }, hide('label', 0))];
  t.is(unlabelled.trained.metrics['accuracy']!.mean, NaN);
  t.is(unlabelled.gradient['head'], 0);
  t.deepEqual([unlabelled.held, unlabelled.knn], [whole.held, whole.knn]);
  const left = await lookAt('classify', { classes }, hide('item', 4));
  const alone = await lookAt('classify', { classes }, items.filter(({ split }, i) => split === 'test' || i < 4));
  t.deepEqual([left.trained, left.gradient, left.knn], [alone.trained, alone.gradient, whole.knn]);
});

test('vectors in all directions have deviation near 1 and full rank; vectors in one direction have deviation 0', (t) => {
  const { random } = freshRandom();
  const all = measureSpread(Array.from({ length: 400 }, () => normals(random, 8)));
  t.true(Math.abs(all.deviation - 1) < 0.05 && all.effectiveRank > 7.5);
  const one = measureSpread(Array.from({ length: 10 }, (_, i) => new Float32Array([1 + i, 2 + 2 * i, 0])));
  t.true(one.deviation < 1e-6);
  // Two directions by hand: unit vectors (1, 0) and (0, 1) differ along one line.
  const line = measureSpread([Float32Array.of(2, 0), Float32Array.of(0, 3)]);
  t.true(Math.abs(line.effectiveRank - 1) < 1e-12 && Math.abs(line.deviation - 0.5 * Math.SQRT2) < 1e-12);
  t.deepEqual(measureSpread([]), { deviation: 0, effectiveRank: 0 });
});
