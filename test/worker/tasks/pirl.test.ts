import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { createNet } from '../../../worker/compute/net.js';
import type { Trainer } from '../../../worker/compute/trainer.js';
import { backends } from '../../../worker/backends/index.js';
import { pirl } from '../../../worker/tasks/pirl/puzzle.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { planSteps, stateOf, valuesOf } from '../../helpers/planned-steps.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';
import { createReplicas } from '../../helpers/replicas.js';
import { dot, drawRows, unit } from '../../helpers/rows.js';
import { buildViewTask, lookPastLostPicture, NUM_ITEMS } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;
const plain = { views: { jitterChance: 0, grey: 0, blur: 0, flip: false } };

test.before(async () => {
  await backends.simd.start();
});

for (const transform of ['jigsaw', 'rotation']) {
  test(`${transform}: a picture that cannot be used changes nothing, whatever its bytes are`, (t) => lookPastLostPicture(t, buildViewTask('pirl', { transform, dims: 5 })));
}

test('the cells of a picture come in any order, all of them', (t) => {
  const random = createRandom({ seed: 2, epoch: 0, sample: 0, purpose: 'test cells' });
  // Nine cells of nine levels.
  const clip = createClip({ numFrames: 1, height: 48, width: 48 }, (_frame, y, x) => 20 * (3 * Math.floor(y / 16) + Math.floor(x / 16)));
  const orders = Array.from({ length: 40 }, () => {
    const { out, isDrawn } = drawOne(bindTask(pirl, plain, 16), { frames: clip, item: 0 }, random);
    t.true(isDrawn);
    const { length } = out['transformed']!;
    t.is(length, 9 * 8 * 8 * 3);
    // The middle pixel of each patch: crops move the cells by up to half of one.
    return Array.from({ length: 9 }, (_, place) => Math.round(out['transformed']![(place * length) / 9 + (4 * 8 + 4) * 3]! / 20));
  });
  t.true(new Set(orders.map((order) => order.join())).size > 30);
  t.true(orders.every((order) => new Set(order).size >= 6));
});

test('a turned picture is turned by one to three quarters', (t) => {
  const { random } = freshRandom();
  const clip = createClip({ numFrames: 1, height: 32, width: 32 }, (_frame, y) => 7 * y);
  const puzzle = bindTask(pirl, { ...plain, transform: 'rotation' }, 16);
  const directions = Array.from({ length: 60 }, () => {
    const { out } = drawOne(puzzle, { frames: clip, item: 0 }, random);
    const at = (y: number, x: number): number => out['transformed']![(16 * y + x) * 3]!;
    const [down, right] = [at(15, 8) - at(0, 8), at(8, 15) - at(8, 0)];
    return Math.abs(down) > Math.abs(right) ? (down > 0 ? 'upright' : 'on its head') : 'on its side';
  });
  t.deepEqual([...new Set(directions)].sort(), ['on its head', 'on its side']);
});

test('view and transformed picture are each told from all other rows of the bank, and share the loss, as float64 has it', (t) => {
  const { model, modelOptions, objective } = buildViewTask('pirl', { dims: 5, share: 0.25, temperature: 0.3 });
  const { random } = freshRandom();
  const draw = (count: number): number[][] => drawRows(random, count, 5).map(unit);
  const [bank, view, transformed] = [draw(NUM_ITEMS), draw(4), draw(4)];
  const items = [3, 0, 7, 8];
  const measured = tf.tidy(() => {
    const [viewBD, transformedBD, key] = [view, transformed, items.map((item) => bank[item]!)].map((rows) => tf.tensor2d(rows));
    const batch = { numSamples: 4, tensors: {}, arrays: {}, weights: Float32Array.of(1, 1, 1, 1), instances: Int32Array.from(items) };
    const net = createNet({ model, modelOptions, values: { bank: tf.tensor2d(bank) } });
    const { terms } = objective.losses({ view: viewBD!, transformed: transformedBD!, key: key! }, batch, net);
    return ['view', 'transformed'].map((term) => terms[term]!.perSample.dataSync<'float32'>());
  });
  // All rows but its own are negatives, for there are fewer than the task asks for.
  const lossOf = (row: readonly number[], sample: number): number =>
    Math.log(bank.reduce((sum, other) => sum + Math.exp((dot(row, other) - dot(row, bank[items[sample]!]!)) / 0.3), 0));
  t.true(largestError(measured[0]!, view.map((row, sample) => 0.75 * lossOf(row, sample))) < 1e-5);
  t.true(largestError(measured[1]!, transformed.map((row, sample) => 0.25 * lossOf(row, sample))) < 1e-5);
});

test('the bank moves by the views alone, in the rows of the step\'s items', async (t) => {
  const parts = buildViewTask('pirl', { dims: 5, transform: 'rotation' });
  const [trainer] = createReplicas(t, parts) as [Trainer];
  const { take, inputOf } = planSteps(parts, { numItems: NUM_ITEMS });
  const before = valuesOf(parts, await stateOf(parts, trainer), 'bank');
  const seen = new Set([0, 1].flatMap((microbatch) => [...inputOf(1, microbatch).instances]));
  await take([trainer], 1);
  const after = valuesOf(parts, await stateOf(parts, trainer), 'bank');
  for (let item = 0; item < NUM_ITEMS; item++) {
    const rowOf = (bank: Float32Array): Float32Array => bank.subarray(5 * item, 5 * (item + 1));
    if (seen.has(item)) t.notDeepEqual(rowOf(after), rowOf(before));
    else t.deepEqual(rowOf(after), rowOf(before));
    t.true(Math.abs(Math.hypot(...rowOf(after)) - 1) < 1e-5);
  }
});

test('one item to train on is refused', (t) => {
  t.throws(() => pirl.bind(pirl.options.parse({}), { ...buildViewTask('pirl', {}).sizes, numInstances: 1 }), { code: 'BAD_RECIPE', message: /tells items from each other/ });
});
