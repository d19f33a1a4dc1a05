// Momentum contrast over several steps: what its teacher, its queue and its vectors must be, through the real plan and trainer.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initState } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import { toBatch } from '../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createNet } from '../../../worker/compute/net.js';
import type { Trainer } from '../../../worker/compute/trainer.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import { moco } from '../../../worker/tasks/moco/puzzle.js';
import { partsOf } from '../../helpers/recipes.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom } from '../../helpers/numerics.js';
import { entryOf, planSteps, stateOf, valuesOf, vectorOf } from '../../helpers/planned-steps.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';
import { createReplicas } from '../../helpers/replicas.js';

const test = anyTest.serial as TestFn;

const SIDE = 12;
const MICROBATCHES = 3;
const MICROBATCH_SIZE = 4;
const STEPS = 5;
const DIMS = 3;
const SEED = 6;
const ITEMS = { numItems: 10, lostItem: 4 };

test.before(async () => {
  await backends.simd.start();
});

const build = (options: object, norm = 'group'): TrainerParts => partsOf({
  data: { root: '/data', side: SIDE, shortSide: SIDE + 4 }, seed: SEED, steps: STEPS,
  task: { name: 'moco', options: { queue: 16, hidden: 5, dims: DIMS, ...options } },
  model: { name: 'convnet', options: { width: 3, stages: 2, norm } },
  optimizer: { name: 'sgd', learningRate: 0.2 },
  batch: { microbatches: MICROBATCHES, microbatchSize: MICROBATCH_SIZE },
});

/** The keys of the usable samples of a step, in canonical order, by the objective alone. */
function keysOf(parts: TrainerParts, state: Float32Array, step: number): number[] {
  const { inputOf } = planSteps(parts, ITEMS);
  const values = nameValues(parts.layout, state);
  const keys = Array.from({ length: MICROBATCHES }, (_, microbatch) => tf.tidy(() => {
    const { arrays, weights } = inputOf(step, microbatch);
    const training = { seed: SEED, step, microbatch };
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values, training });
    const rows = parts.objective.predict(toBatch(parts.puzzle, arrays, weights), net)['key']!.arraySync() as number[][];
    return rows.filter((_row, sample) => weights[sample] === 1);
  }));
  tf.dispose(values);
  return keys.flat(2);
}

// A step has 12 samples, one of which, or two, cannot be used.
for (const queue of [16, 48, 7, 1]) {
  test(`a queue of ${queue} rows holds the newest keys that the plan predicts, oldest first`, async (t) => {
    const parts = build({ queue });
    const [trainer] = createReplicas(t, parts) as [Trainer];
    const { take } = planSteps(parts, ITEMS);
    let state = await stateOf(parts, trainer);
    const expected = [...valuesOf(parts, state, 'queue')];
    for (let step = 1; step <= STEPS; step++) {
      const keys = keysOf(parts, state, step);
      t.true(keys.length < MICROBATCHES * MICROBATCH_SIZE * DIMS && keys.length > 0);
      expected.push(...keys);
      await take([trainer], step);
      state = await stateOf(parts, trainer);
      // Adding the zeros of others leaves every number as it is, and makes -0 a 0.
      t.deepEqual([...valuesOf(parts, state, 'queue')], expected.slice(-queue * DIMS).map((value) => value + 0), `step ${step}`);
    }
  });
}

for (const norm of ['group', 'batch']) {
  test(`norm ${norm}: the teacher is the moving average of trunk and head, from a momentum to the other along half a cosine`, async (t) => {
    const momentum = { start: 0.5, end: 0.9 };
    const parts = build({ momentum }, norm);
    const [trainer] = createReplicas(t, parts) as [Trainer];
    const { take } = planSteps(parts, ITEMS);
    const students = parts.layout.entries.filter(({ kind }) => kind === 'trained' || kind === 'statistic').map(({ name }) => name);
    t.is(students.filter((name) => name.startsWith('head/')).length, 4);
    let state = await stateOf(parts, trainer);
    const teachers = new Map(students.map((name) => [name, Float64Array.from(valuesOf(parts, state, name))]));
    for (let step = 1; step <= STEPS; step++) {
      const before = state;
      await take([trainer], step);
      state = await stateOf(parts, trainer);
      const kept = momentum.end + ((momentum.start - momentum.end) * (1 + Math.cos((Math.PI * (step - 1)) / STEPS))) / 2;
      for (const name of students) {
        const student = valuesOf(parts, state, name);
        t.notDeepEqual(student, valuesOf(parts, before, name), name);
        const expected = teachers.get(name)!.map((value, i) => kept * value + (1 - kept) * student[i]!);
        teachers.set(name, expected);
        // A few roundings to fp32 of numbers near 1.
        const actual = valuesOf(parts, state, `teacher/${name}`);
        t.true(actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-6), `${name} at step ${step}`);
      }
    }
  });
}

test('with batch norm a key tells nothing of the other pictures of its microbatch, unless the guard is off', (t) => {
  const firstKey = (statistics: boolean, others: number): number[] => tf.tidy(() => {
    const parts = build({ guards: { statistics } }, 'batch');
    const { arrays, weights } = planSteps(parts, ITEMS).inputOf(1, 0);
    const changed = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice().fill(others, array.length / MICROBATCH_SIZE)]));
    const values = nameValues(parts.layout, initState(parts.layout, SEED));
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values, training: { seed: SEED, step: 1, microbatch: 0 } });
    return (parts.objective.predict(toBatch(parts.puzzle, changed, weights), net)['key']!.arraySync() as number[][])[0]!;
  });
  t.deepEqual(firstKey(true, 30), firstKey(true, 220));
  t.notDeepEqual(firstKey(false, 30), firstKey(false, 220));
});

test('replicas that share a step keep the same bits as one that computes it alone, and so does one that was saved and loaded', async (t) => {
  const parts = build({});
  const [alone] = createReplicas(t, parts) as [Trainer];
  const shared = createReplicas(t, parts, 2);
  const { take } = planSteps(parts, ITEMS);
  for (let step = 1; step <= STEPS; step++) {
    await take([alone], step);
    await take(shared, step);
    const state = await stateOf(parts, alone);
    for (const replica of shared) t.deepEqual(await stateOf(parts, replica), state);
    if (step !== 2) continue;
    // From here on, one has only what a checkpoint holds: queue and teacher included.
    shared[1]!.load(new Float32Array(state.length).fill(1));
    shared[1]!.load(state);
  }
});

test('the rows of a microbatch lie at its own place, marked, whoever computes it; those of samples that cannot be used are zeros', async (t) => {
  // Five hidden numbers may all be cut to 0, and a row of zeros has no length.
  const parts = build({ head: 'linear' });
  const [one, other] = createReplicas(t, parts, 2) as [Trainer, Trainer];
  const { inputOf } = planSteps(parts, ITEMS);
  const { travelOffset, travelLength } = entryOf(parts, 'queue');
  t.is(travelLength, MICROBATCHES * MICROBATCH_SIZE * (DIMS + 1));
  for (let microbatch = 0; microbatch < MICROBATCHES; microbatch++) {
    const input = inputOf(1, microbatch);
    const { vector } = await vectorOf(parts, one, input);
    t.deepEqual((await vectorOf(parts, other, input)).vector, vector);
    const rows = vector.subarray(travelOffset, travelOffset + travelLength);
    const expectedMarks = Array.from({ length: MICROBATCHES }, (_, m) => (m === microbatch ? [...input.weights] : [0, 0, 0, 0])).flat();
    t.deepEqual(expectedMarks.map((_, row) => rows[row * (DIMS + 1) + DIMS]), expectedMarks);
    expectedMarks.forEach((mark, row) => {
      const length = Math.hypot(...rows.subarray(row * (DIMS + 1), row * (DIMS + 1) + DIMS));
      t.true(Math.abs(length - mark) < 1e-4, `row ${row}: ${length}`);
    });
  }
});

test('neither teacher nor queue has a gradient or optimizer slots; of the queue only new rows travel', (t) => {
  const { layout } = build({});
  for (const { kind, travelLength } of layout.entries) t.is(travelLength > 0, kind !== 'teacher');
  const trained = layout.entries.filter(({ kind }) => kind === 'trained').reduce((sum, { length }) => sum + length, 0);
  t.is(layout.gradientLength, trained + MICROBATCHES * MICROBATCH_SIZE * (DIMS + 1));
  t.true(layout.entries.every(({ kind, slots }) => kind === 'trained' || slots.length === 0));
  // What digests are taken of holds them all.
  t.true(layout.entries.every(({ offset, length }) => offset + length <= layout.valuesLength));
});

test('the two views of a picture differ, a clip gives both views from one frame, and a sliver makes no puzzle', (t) => {
  const { random } = freshRandom();
  const given = { views: { jitterChance: 0, grey: 0, blur: 0 } };
  const brightness = (bytes: ArrayLike<number>): number => Math.round(Array.from(bytes).reduce((sum, value) => sum + value, 0) / bytes.length / 50);
  const clip = createClip({ numFrames: 5, height: 20, width: 20 }, (frame, y, x) => 50 * frame + ((x * y) % 5));
  const seen = Array.from({ length: 30 }, () => {
    const { out, isDrawn } = drawOne(bindTask(moco, given, SIDE), { frames: clip, item: 0 }, random);
    t.true(isDrawn);
    t.notDeepEqual(out['query'], out['key']);
    t.is(brightness(out['query']!), brightness(out['key']!));
    return brightness(out['query']!);
  });
  t.true(new Set(seen).size >= 3);
  const sliver = createClip({ numFrames: 1, height: 4, width: 99 }, () => 9);
  t.false(drawOne(bindTask(moco, {}, SIDE), { frames: sliver, item: 0 }, random).isDrawn);
});
