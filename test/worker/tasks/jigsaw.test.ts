import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { Random } from '../../../shared/random/random.js';
import type { Net } from '../../../worker/tasks/objective.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { backends } from '../../../worker/backends/index.js';
import { jigsaw as objective } from '../../../worker/tasks/jigsaw/objective.js';
import { choosePermutations } from '../../../worker/tasks/jigsaw/permutations.js';
import { headOf, jigsaw, PERMUTATIONS } from '../../../worker/tasks/jigsaw/puzzle.js';
import { planPatches } from '../../../worker/heads/patches-state.js';
import { createClip } from '../../helpers/clips.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

const SIDE = 12;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });
const createPicture = (height: number, width: number, valueAt: (y: number, x: number, c: number) => number): Frames =>
  createClip({ numFrames: 1, height, width }, (_frame, y, x, c) => valueAt(y, x, c));

function drawPatches(frames: Frames, random: Random, given: object = {}): { patches: Float32Array[]; permutation: number } {
  const { out, isDrawn } = drawOne(bindTask(jigsaw, given, SIDE), { frames, item: 0 }, random);
  if (!isDrawn) throw new Error('no puzzle');
  const all = out['patches'] as Float32Array;
  const length = SIDE * SIDE * 3;
  return { patches: Array.from({ length: all.length / length }, (_, k) => all.slice(k * length, (k + 1) * length)), permutation: out['permutation']![0]! };
}

const distanceOf = (all: Uint8Array, length: number, i: number, j: number): number =>
  Array.from({ length }, (_, k) => Number(all[i * length + k] !== all[j * length + k])).reduce((a, b) => a + b, 0);

/** Least distance of any two of them. */
function leastDistance(all: Uint8Array, length: number): number {
  let least = length;
  for (let i = 0; i < all.length / length; i++) {
    for (let j = 0; j < i; j++) least = Math.min(least, distanceOf(all, length, i, j));
  }
  return least;
}

test('permutations are permutations, far from each other, the same at every call, and those of fewer begin those of more', (t) => {
  const many = choosePermutations(9, 120);
  for (let i = 0; i < 120; i++) t.deepEqual([...many.slice(9 * i, 9 * i + 9)].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  t.is(leastDistance(many, 9), 6);
  const few = choosePermutations(9, 24);
  t.is(leastDistance(few, 9), 7);
  t.deepEqual(few, many.slice(0, few.length));
  const whole = choosePermutations(4, 24);
  t.is(new Set(Array.from({ length: 24 }, (_, i) => whole.slice(4 * i, 4 * i + 4).join())).size, 24);
  t.is(leastDistance(whole.slice(0, 16), 4), 4);
});

test('patches are drawn in their places from pictures of any size, and what the class is comes up equally often', (t) => {
  // Brighter downwards and to the right.
  for (const [height, width] of [[61, 40], [37, 53], [12, 12]] as const) {
    const frames = createPicture(height, width, (y, x) => (75 * y) / height + (75 * x) / width + 50);
    for (let i = 0; i < 10; i++) {
      const { patches } = drawPatches(frames, streamOf(i), { flip: false, guards: { normalise: false } });
      const means = patches.map((patch) => patch.reduce((a, b) => a + b, 0));
      t.true(means.every((mean, cell) => cell < 3 || mean > means[cell - 3]!), `${height} ${width}: ${means.join(' ')}`);
      t.true(means.every((mean, cell) => cell % 3 === 0 || mean > means[cell - 1]!), `${height} ${width}: ${means.join(' ')}`);
    }
  }
  const counts = new Float64Array(4);
  const frames = createPicture(12, 12, () => 9);
  for (let i = 0; i < 400; i++) counts[drawPatches(frames, streamOf(i), { grid: 2, permutations: 4 }).permutation]! += 1;
  // 3 degrees of freedom: 16.3 is passed once in a thousand keys, and the keys are fixed.
  t.true(counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0) < 16.3);
});

test('pictures whose cells show nothing make no puzzle, and permutations that do not exist are refused', (t) => {
  t.false(drawOne(bindTask(jigsaw, {}, SIDE), { frames: createPicture(11, 90, () => 9), item: 0 }, streamOf(1)).isDrawn);
  const error = t.throws(() => bindTask(jigsaw, { grid: 2, permutations: 25 }, SIDE), { instanceOf: PretextError });
  t.is(error.code, 'BAD_RECIPE');
  t.regex(error.message, /permutations: 4 cells have 24/);
});

test('light that changes across a picture gives places away without normalisation, and nothing with it', (t) => {
  const light = createPicture(48, 48, (y, x) => 40 + 3 * y + x);
  // Cut where nothing else changes: what is left in a patch is then the same everywhere.
  const given = { flip: false, minArea: 1 };
  const guarded = drawPatches(light, streamOf(3), { ...given, guards: { oneChannel: false } }).patches;
  const spread = (patches: readonly Float32Array[]): number => {
    const means = patches.map((patch) => patch.reduce((a, b) => a + b, 0) / patch.length);
    return Math.max(...means) - Math.min(...means);
  };
  t.true(spread(guarded) < 1e-5);
  t.true(spread(drawPatches(light, streamOf(3), { ...given, guards: { normalise: false } }).patches) > 1);
});

test('edges that continue from cell to cell give neighbours away without a gap, and nothing with it', (t) => {
  const scoreOf = (guards: object): number => {
    let numRight = 0;
    for (let i = 0; i < 300; i++) {
      const random = streamOf(1000 + i);
      // Blocks of 3 pixels that know nothing of each other.
      const blocks = Uint8Array.from({ length: 400 }, () => random.int(256));
      const frames = createPicture(60, 60, (y, x) => blocks[20 * Math.floor(y / 3) + Math.floor(x / 3)]!);
      const { patches } = drawPatches(frames, random, { flip: false, minArea: 1, guards });
      // Which patch continues the upper left one to the right: of all others, whose left edge is most like its right edge?
      const costs = patches.slice(1).map((patch) => {
        let cost = 0;
        for (let y = 0; y < SIDE; y++) cost += (patches[0]![(y * SIDE + SIDE - 1) * 3]! - patch[y * SIDE * 3]!) ** 2;
        return cost;
      });
      if (costs.indexOf(Math.min(...costs)) === 0) numRight += 1;
    }
    return numRight / 300;
  };
  const [guarded, open] = [scoreOf({}), scoreOf({ gap: false })];
  t.true(Math.abs(guarded - 1 / 8) < 5 * Math.sqrt((1 / 8) * (7 / 8) / 300), `guarded ${guarded}`);
  t.true(open > 0.4, `open ${open}`);
});

test('fringes of a lens give places away where colours are shown, and nothing in one channel', (t) => {
  const noise = Uint8Array.from({ length: 80 * 80 }, () => 0);
  const scoreOf = (guards: object): number => {
    let numRight = 0;
    for (let i = 0; i < 100; i++) {
      const random = streamOf(2000 + i);
      noise.forEach((_, at) => (noise[at] = random.int(256)));
      // Red is shifted to the left in the left third and to the right in the right one.
      const frames = createPicture(60, 60, (y, x, c) => noise[(y + 10) * 80 + x + 10 + (c === 0 ? Math.sign(Math.floor(x / 20) - 1) : 0)]!);
      const { patches } = drawPatches(frames, random, { grid: 3, flip: false, minArea: 1, guards });
      const column = random.int(3);
      const patch = patches[3 + column]!;
      // In one channel all shifts fit alike at 0, which says the middle.
      const costs = [-1, 0, 1].map((shift) => {
        let cost = 0;
        for (let y = 0; y < SIDE; y++) {
          for (let x = 2; x < SIDE - 2; x++) cost += (patch[(y * SIDE + x) * 3]! - patch[(y * SIDE + x + shift) * 3 + 1]!) ** 2;
        }
        return cost;
      });
      if (costs.indexOf(Math.min(...costs)) === column) numRight += 1;
    }
    return numRight / 100;
  };
  const [guarded, open] = [scoreOf({}), scoreOf({ oneChannel: false })];
  t.true(Math.abs(guarded - 1 / 3) < 5 * Math.sqrt((1 / 3) * (2 / 3) / 100), `guarded ${guarded}`);
  t.true(open > 0.7, `open ${open}`);
});

test('the head sees patches laid as the permutations of the state say', async (t) => {
  await backends.simd.start();
  const options = jigsaw.options.parse({ grid: 2, permutations: 2, patchUnits: 1, hidden: 4 });
  const sizes = { ...sizesOf(1), pixels: { channels: 1, isColour: false, mean: [0], deviation: [1] } };
  const plan = planPatches(headOf(options), 1);
  tf.tidy(() => {
    const identity = tf.eye(4);
    const named = {
      [PERMUTATIONS]: tf.tensor2d([[2, 0, 3, 1], [0, 1, 2, 3]]),
      [`${plan.patch.name}/kernel`]: tf.tensor2d([[1]]), [`${plan.patch.name}/bias`]: tf.tensor1d([0]),
      [`${plan.together.name}/kernel`]: identity, [`${plan.together.name}/bias`]: tf.zeros([4]),
      [`${plan.classes.name}/kernel`]: tf.tensor2d([[1, 0], [10, 0], [100, 0], [1000, 1]]), [`${plan.classes.name}/bias`]: tf.zeros([2]),
    };
    const net: Net = { encode: (images) => [images], named: () => named, dropout: (inputs) => inputs, random: streamOf(1) };
    const batch = {
      numSamples: 2, arrays: {}, weights: Float32Array.of(1, 1),
      tensors: { patches: tf.tensor([5, 6, 7, 8, 5, 6, 7, 8], [2, 4, 1, 1, 1]), permutation: tf.tensor2d([[0], [1]], [2, 1], 'int32') },
    };
    t.deepEqual([...objective(options, sizes).predict(batch, net)['permutation']!.dataSync()], [6857, 6, 8765, 8]);
  });
});
