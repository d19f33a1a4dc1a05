// Instance discrimination over several steps: what its bank, its loss and its vectors must be, through the real plan and trainer.

import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initState } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import { toBatch } from '../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createNet } from '../../../worker/compute/net.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import type { Batch, Net, Outcome } from '../../../worker/tasks/objective.js';
import { instance } from '../../../worker/tasks/instance/puzzle.js';
import { partsOf } from '../../helpers/recipes.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom } from '../../helpers/numerics.js';
import { entryOf, planSteps, stateOf, valuesOf, vectorOf, type PlannedSteps } from '../../helpers/planned-steps.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';
import { createReplicas } from '../../helpers/replicas.js';

const test = anyTest.serial as TestFn;
const SIDE = 12;
const MICROBATCHES = 3;
const MICROBATCH_SIZE = 4;
const STEPS = 5;
const DIMS = 3;
const SEED = 6;
const NUM_ITEMS = 10;
const ITEMS = { numItems: NUM_ITEMS, lostItem: 4 };
const MOMENTUM = 0.5;
const TEMPERATURE = 0.07;

test.before(async () => {
  await backends.simd.start();
});

const build = (options: object = {}, numInstances = NUM_ITEMS): TrainerParts => partsOf({
  data: { root: '/data', side: SIDE, shortSide: SIDE + 4 }, seed: SEED, steps: STEPS,
  task: { name: 'instance', options: { dims: DIMS, ...options } },
  model: { name: 'convnet', options: { width: 3, stages: 2 } },
  optimizer: { name: 'sgd', learningRate: 0.2 },
  batch: { microbatches: MICROBATCHES, microbatchSize: MICROBATCH_SIZE },
}, numInstances);

const inputOf = (parts: TrainerParts, step: number, microbatch: number): ReturnType<PlannedSteps['inputOf']> => planSteps(parts, ITEMS).inputOf(step, microbatch);

type Look = (batch: Batch, net: Net) => number[][];

/** What a function makes of a microbatch while training. */
function lookAt(parts: TrainerParts, state: Float32Array, [step, microbatch]: readonly [number, number], look: Look): number[][] {
  const values = nameValues(parts.layout, state);
  const result = tf.tidy(() => {
    const { arrays, weights, instances } = inputOf(parts, step, microbatch);
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values, training: { seed: SEED, step, microbatch } });
    return look(toBatch(parts.puzzle, arrays, weights, instances), net);
  });
  tf.dispose(values);
  return result;
}

/** Rows of the views of a microbatch, by the objective alone. */
const rowsOf = (parts: TrainerParts, state: Float32Array, step: number, microbatch: number): number[][] =>
  lookAt(parts, state, [step, microbatch], (batch, net) => parts.objective.predict(batch, net)['query']!.arraySync() as number[][]);

const rowOf = (bank: Float32Array, item: number): number[] => [...bank.subarray(item * DIMS, (item + 1) * DIMS)];
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, d) => sum + value * b[d]!, 0);
const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.sqrt(dot(row, row)));

function expectNear(t: ExecutionContext, actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  // A few roundings to fp32 of numbers near 1.
  t.true(expected.every((value, i) => Math.abs(actual[i]! - value) < 2e-6), `${what}: ${Array.from(actual).join()} instead of ${expected.join()}`);
}

test('after each step the bank has what the plan predicts: the rows of its items moved by what their views gave, the others as they were', async (t) => {
  const parts = build();
  const [trainer] = createReplicas(t, parts);
  const { take } = planSteps(parts, ITEMS);
  let before = valuesOf(parts, await stateOf(parts, trainer!), 'bank');
  for (let item = 0; item < NUM_ITEMS; item++) expectNear(t, [Math.hypot(...rowOf(before, item))], [1], 'first row');
  for (let step = 1; step <= STEPS; step++) {
    const state = await stateOf(parts, trainer!);
    // A step has 12 samples of 10 items: some give two.
    const given = new Map<number, number[][]>();
    for (let microbatch = 0; microbatch < MICROBATCHES; microbatch++) {
      const { instances, weights } = inputOf(parts, step, microbatch);
      rowsOf(parts, state, step, microbatch).forEach((row, sample) => {
        if (weights[sample] === 1) given.set(instances[sample]!, [...(given.get(instances[sample]!) ?? []), row]);
      });
    }
    t.true(given.size >= 7 && [...given.values()].some(({ length }) => length > 1));
    await take([trainer!], step);
    const after = valuesOf(parts, await stateOf(parts, trainer!), 'bank');
    for (let item = 0; item < NUM_ITEMS; item++) {
      const rows = given.get(item);
      if (!rows) {
        t.deepEqual(rowOf(after, item), rowOf(before, item), `item ${item}`);
        continue;
      }
      const mean = rowOf(before, item).map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
      expectNear(t, rowOf(after, item), unit(rowOf(before, item).map((value, d) => MOMENTUM * value + (1 - MOMENTUM) * mean[d]!)), `item ${item}, step ${step}`);
    }
    before = after;
  }
  t.deepEqual(rowOf(before, ITEMS.lostItem), rowOf(valuesOf(parts, initState(parts.layout, SEED), 'bank'), ITEMS.lostItem));
});

const measured = (outcome: Outcome): number[][] =>
  [outcome.terms['infoNce']!, outcome.metrics['found']!, outcome.metrics['spread']!].map(({ perSample }) => [...perSample.dataSync<'float32'>()]);

test('with a bank no larger than the negatives, the loss is the softmax over the whole bank, in float64', async (t) => {
  const parts = build();
  const [trainer] = createReplicas(t, parts);
  const { take } = planSteps(parts, ITEMS);
  await take([trainer!], 1);
  const state = await stateOf(parts, trainer!);
  const bank = valuesOf(parts, state, 'bank');
  for (let microbatch = 0; microbatch < MICROBATCHES; microbatch++) {
    const { instances, weights } = inputOf(parts, 2, microbatch);
    const rows = rowsOf(parts, state, 2, microbatch);
    const [losses, found, spread] = lookAt(parts, state, [2, microbatch], (batch, net) =>
      measured(parts.objective.losses(parts.objective.predict(batch, net), batch, net))) as [number[], number[], number[]];
    rows.forEach((row, sample) => {
      if (weights[sample] === 0) return;
      const own = instances[sample]!;
      const cosines = Array.from({ length: NUM_ITEMS }, (_, item) => dot(row, rowOf(bank, item)));
      const others = cosines.filter((_, item) => item !== own);
      const total = cosines.reduce((sum, cosine) => sum + Math.exp(cosine / TEMPERATURE), 0);
      t.true(Math.abs(losses[sample]! - (Math.log(total) - cosines[own]! / TEMPERATURE)) < 2e-5);
      t.is(found[sample], cosines[own]! > Math.max(...others) ? 1 : 0);
      t.true(Math.abs(spread[sample]! - (1 - others.reduce((a, b) => a + b) / others.length)) < 1e-5);
    });
  }
});

test('negatives depend on seed, step and microbatch, and on nothing that a worker has', async (t) => {
  const parts = build({ negatives: 3 });
  const [one, other] = createReplicas(t, parts, 2);
  const state = await stateOf(parts, one!);
  const lossesOf = (step: number, microbatch: number): number[][] => lookAt(parts, state, [1, 0], (batch) => {
    const values = nameValues(parts.layout, state);
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values, training: { seed: SEED, step, microbatch } });
    return measured(parts.objective.losses(parts.objective.predict(batch, net), batch, net)).slice(0, 1);
  });
  t.deepEqual(lossesOf(1, 0), lossesOf(1, 0));
  t.notDeepEqual(lossesOf(1, 0), lossesOf(1, 1));
  t.notDeepEqual(lossesOf(1, 0), lossesOf(2, 0));
  const input = inputOf(parts, 1, 2);
  const { vector } = await vectorOf(parts, one!, input);
  await vectorOf(parts, other!, inputOf(parts, 1, 1));
  t.deepEqual((await vectorOf(parts, other!, input)).vector, vector);
});

test('replicas that share a step keep the same bits as one that computes it alone, and so does one that was saved and loaded', async (t) => {
  const parts = build({ negatives: 4 });
  const [alone] = createReplicas(t, parts);
  const shared = createReplicas(t, parts, 2);
  const { take } = planSteps(parts, ITEMS);
  for (let step = 1; step <= STEPS; step++) {
    await take([alone!], step);
    await take(shared, step);
    const state = await stateOf(parts, alone!);
    for (const replica of shared) t.deepEqual(await stateOf(parts, replica), state);
    if (step !== 2) continue;
    shared[1]!.load(new Float32Array(state.length).fill(1));
    shared[1]!.load(state);
  }
});

test('the rows of a microbatch lie at its own place, each with the mark of its item; those of samples that cannot be used are zeros', async (t) => {
  const parts = build();
  const [trainer] = createReplicas(t, parts);
  const { travelOffset, travelLength } = entryOf(parts, 'bank');
  t.is(travelLength, MICROBATCHES * MICROBATCH_SIZE * (DIMS + 1));
  for (let microbatch = 0; microbatch < MICROBATCHES; microbatch++) {
    const input = inputOf(parts, 1, microbatch);
    const { vector } = await vectorOf(parts, trainer!, input);
    const rows = vector.subarray(travelOffset, travelOffset + travelLength);
    for (let place = 0; place < MICROBATCHES * MICROBATCH_SIZE; place++) {
      const sample = place - microbatch * MICROBATCH_SIZE;
      const isGiven = input.weights[sample] === 1;
      t.is(rows[place * (DIMS + 1) + DIMS], isGiven ? input.instances[sample]! + 1 : 0);
      expectNear(t, [Math.hypot(...rows.subarray(place * (DIMS + 1), place * (DIMS + 1) + DIMS))], [isGiven ? 1 : 0], `row ${place}`);
    }
  }
});

test('a microbatch that does not say of which items it is gives no vector', async (t) => {
  const parts = build();
  const [trainer] = createReplicas(t, parts);
  const { step, microbatch, arrays, weights } = inputOf(parts, 1, 0);
  await t.throwsAsync(trainer!.computeGradient({ step, microbatch, arrays, weights }, new Float32Array(parts.layout.gradientLength)), { message: /does not say which items/ });
});

test('a picture that is not trained on has no row: its other view stands for it', async (t) => {
  const parts = build();
  const [trainer] = createReplicas(t, parts);
  const state = await stateOf(parts, trainer!);
  const values = nameValues(parts.layout, state);
  const { arrays, weights } = inputOf(parts, 1, 0);
  tf.tidy(() => {
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values });
    const swapped = { view: arrays['other']!, other: arrays['view']! };
    const { query, key } = parts.objective.predict(toBatch(parts.puzzle, arrays, weights), net) as Record<'query' | 'key', tf.Tensor>;
    const exchanged = parts.objective.predict(toBatch(parts.puzzle, swapped, weights), net) as Record<'query' | 'key', tf.Tensor>;
    t.deepEqual(exchanged['query'].dataSync(), key.dataSync());
    t.deepEqual(exchanged['key'].dataSync(), query.dataSync());
    t.notDeepEqual(query.dataSync(), key.dataSync());
  });
  tf.dispose(values);
});

test('a guesser finds one of the microbatch, and loses the logarithm of the negatives and the own row; there are no more negatives than other items', (t) => {
  t.is(build().puzzle.metrics['accuracy']!.chance, 1 / MICROBATCH_SIZE);
  t.is(build().puzzle.metrics['found']!.chance, undefined);
  const lossOf = (options: object, numInstances: number): number | undefined => build(options, numInstances).puzzle.chanceLosses!['infoNce'];
  t.deepEqual([lossOf({ negatives: 4 }, 10), lossOf({ negatives: 9 }, 10), lossOf({}, 10), lossOf({}, 5000)], [5, 10, 10, 4097].map(Math.log));
});

test('where nothing says which row is whose, a picture whose own row is among the negatives is told from the others of the microbatch all the same', async (t) => {
  const parts = build();
  const [trainer] = createReplicas(t, parts);
  const [accuracy, found] = lookAt(parts, await stateOf(parts, trainer!), [1, 0], ({ instances, ...batch }, net) => {
    const rows = tf.gather(net.named()['bank']!, tf.tensor1d(instances!, 'int32'));
    const { metrics } = parts.objective.losses({ query: rows, key: rows }, batch, net);
    return [metrics['accuracy']!, metrics['found']!].map(({ perSample }) => perSample.arraySync());
  });
  t.deepEqual(accuracy, [1, 1, 1, 1]);
  t.true(found!.filter((right) => right === 1).length <= 1);
});

test('the bank has a row for each item, no gradient and no slots; fewer than two items are refused', (t) => {
  const { layout } = build({}, 7);
  t.like(layout.entries.find(({ kind }) => kind === 'bank'), { shape: [7, DIMS], slots: [] });
  for (const numInstances of [0, 1]) t.throws(() => build({}, numInstances), { code: 'BAD_RECIPE', message: new RegExp(`at least 2 to train on, given ${numInstances}`) });
});

test('a view differs from its picture and from the other view; a clip gives any of its frames; a sliver makes no puzzle', (t) => {
  const { random } = freshRandom();
  const given = { views: { jitterChance: 0, grey: 0, blur: 0 } };
  const brightness = (bytes: ArrayLike<number>): number => Math.round(Array.from(bytes).reduce((sum, value) => sum + value, 0) / bytes.length / 50);
  const clip = createClip({ numFrames: 5, height: 20, width: 20 }, (frame, y, x) => 50 * frame + ((x * y) % 5));
  const seen = Array.from({ length: 30 }, () => {
    const { out, isDrawn } = drawOne(bindTask(instance, given, SIDE), { frames: clip, item: 0 }, random);
    t.true(isDrawn);
    t.notDeepEqual(out['view'], out['other']);
    return brightness(out['view']!);
  });
  t.true(new Set(seen).size >= 3);
  const sliver = createClip({ numFrames: 1, height: 4, width: 99 }, () => 9);
  t.false(drawOne(bindTask(instance, {}, SIDE), { frames: sliver, item: 0 }, random).isDrawn);
});
