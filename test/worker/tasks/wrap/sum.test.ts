// Several tasks as one: what is drawn, what is lost, whose turn it is, equal bits, and what is refused.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { hashRecipe } from '../../../../shared/recipe/hash.js';
import { createRandom } from '../../../../shared/random/random.js';
import { initValues } from '../../../../shared/state/init.js';
import { createArrays } from '../../../../worker/augment/arrays.js';
import { backends } from '../../../../worker/backends/index.js';
import { readRecipe } from '../../../../worker/bind-recipe.js';
import { toBatch } from '../../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../../worker/compute/build-parts.js';
import { createNet } from '../../../../worker/compute/net.js';
import { nameValues } from '../../../../worker/evaluate/features.js';
import type { Outcome } from '../../../../worker/tasks/objective.js';
import type { Arrays } from '../../../../worker/tasks/task.js';
import { fork } from '../../../../worker/tasks/wrap/fork.js';
import { createMedia } from '../../../helpers/media.js';
import { largestError } from '../../../helpers/numerics.js';
import { planSteps } from '../../../helpers/planned-steps.js';
import { partsOf } from '../../../helpers/recipes.js';
import { createReplicas, expectSameBits } from '../../../helpers/replicas.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const SIDE = 16;
const NUM_SAMPLES = 4;
const JIGSAW = { name: 'jigsaw', options: { grid: 2, permutations: 5, patchUnits: 5, hidden: 6 } };
const MOCO = { name: 'moco', options: { queue: 7, hidden: 6, dims: 5 } };

const recipeOf = (more: object): object => ({
  data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE + 4 },
  model: { name: 'convnet', options: { width: 3, stages: 2 } }, batch: { microbatches: 3, microbatchSize: NUM_SAMPLES }, ...more,
});
const build = (more: object): TrainerParts => partsOf(recipeOf(more), 20);

test.before(async () => {
  await backends.simd.start();
});

/** Puzzles of a microbatch; `of` says which stream a sample is drawn from. */
function draw({ puzzle }: TrainerParts, of: (sample: number) => ReturnType<typeof createRandom>): { arrays: Arrays; weights: Float32Array } {
  const all = Array.from({ length: NUM_SAMPLES }, (_, sample) => {
    const { arrays } = createArrays(puzzle, 1);
    puzzle.draw(createMedia(sample, { side: SIDE + 4, puzzle }), of(sample), arrays);
    return arrays;
  });
  const { arrays, weights } = createArrays(puzzle, NUM_SAMPLES);
  for (const [name, array] of Object.entries(arrays)) all.forEach((each, sample) => array.set(each[name]!, sample * each[name]!.length));
  return { arrays, weights: weights.fill(1) };
}

function outcomeOf(parts: TrainerParts, values: Record<string, tf.Tensor>, drawn: { arrays: Arrays; weights: Float32Array }): Outcome {
  const batch = toBatch(parts.puzzle, drawn.arrays, drawn.weights);
  const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values });
  return parts.objective.losses(parts.objective.predict(batch, net), batch, net);
}

const keyOf = (sample: number): ReturnType<typeof createRandom> => createRandom({ seed: 3, epoch: 0, sample, purpose: 'test' });

test('each of several tasks draws from a stream of its own and loses what it loses alone, times its weight over what a guesser loses', (t) => {
  const both = build({ tasks: [{ name: 'rotation' }, { ...JIGSAW, weight: 3 }] });
  const alone = { rotation: build({ task: { name: 'rotation' } }), jigsaw: build({ task: JIGSAW }) };
  t.deepEqual(both.puzzle.terms, ['rotation/crossEntropy', 'jigsaw/crossEntropy']);
  const values = nameValues(both.layout, initValues(both.layout, 5));
  const drawn = draw(both, keyOf);
  // A stream is forked off for each task in order.
  const streams = { rotation: (sample: number) => fork(keyOf(sample), 'rotation'), jigsaw: (sample: number) => { const random = keyOf(sample); fork(random, 'rotation'); return fork(random, 'jigsaw'); } };
  for (const [name, factor] of [['rotation', 1 / Math.log(4)], ['jigsaw', 3 / Math.log(5)]] as const) {
    const own = draw(alone[name], streams[name]);
    for (const [array, bytes] of Object.entries(own.arrays)) t.deepEqual(drawn.arrays[`${name}/${array}`], bytes, array);
    tf.tidy(() => {
      const own1 = outcomeOf(alone[name], Object.fromEntries(alone[name].layout.entries.map((entry) =>
        [entry.name, values[entry.name.startsWith('trunk/') ? entry.name : entry.name.replace(/^(head\/)?/, `$1${name}/`)]!])), own);
      const together = outcomeOf(both, values, drawn);
      const expected = [...own1.terms['crossEntropy']!.perSample.dataSync()].map((loss) => loss * factor);
      t.true(largestError(together.terms[`${name}/crossEntropy`]!.perSample.dataSync(), expected) < 1e-6);
      t.deepEqual([...together.metrics[`${name}/accuracy`]!.perSample.dataSync()], [...own1.metrics['accuracy']!.perSample.dataSync()]);
    });
  }
  tf.dispose(values);
});

test('balanced by uncertainty, each loss is times exp(-s) and s is added, as far as 4; beyond, it is led back', (t) => {
  const tasks = [{ name: 'rotation' }, { ...JIGSAW, weight: 3 }];
  const [fixed, balanced] = [build({ tasks }), build({ tasks, balance: 'uncertainty' })];
  const drawn = draw(fixed, keyOf);
  const values = nameValues(balanced.layout, initValues(balanced.layout, 5));
  tf.tidy(() => {
    const losses = outcomeOf(fixed, values, drawn).terms;
    const total = (numbers: readonly number[]): number => {
      const { terms } = outcomeOf(balanced, { ...values, 'head/balance': tf.tensor1d([...numbers]) }, drawn);
      t.deepEqual(Object.keys(terms), balanced.puzzle.terms);
      return Object.values(terms).reduce((sum, { perSample }) => sum + perSample.dataSync<'float32'>().reduce((a, b) => a + b, 0), 0);
    };
    const own = Object.values(losses).map(({ perSample }) => perSample.dataSync<'float32'>().reduce((a, b) => a + b, 0));
    for (const [given, used, beyond] of [[[0, 0], [0, 0], 0], [[0.7, -1.5], [0.7, -1.5], 0], [[9, -7], [4, -4], (25 + 9) / 2]] as const) {
      const expected = own.reduce((sum, loss, i) => sum + loss * Math.exp(-used[i]!) + NUM_SAMPLES * used[i]!, NUM_SAMPLES * beyond);
      t.true(Math.abs(total(given) - expected) < 1e-4 * Math.abs(expected), JSON.stringify(given));
    }
  });
  tf.dispose(values);
});

test('heads, queues and teachers of each task have names of their own, and the teacher of the trunk follows the trunk', (t) => {
  const { layout } = build({ tasks: [{ name: 'rotation' }, MOCO] });
  const names = layout.entries.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  t.true(['head/rotation/turn/kernel', 'head/moco/projection/kernel', 'teacher/head/moco/projection/kernel', 'moco/queue'].every((name) => names.includes(name)));
  const teachers = layout.entries.filter((entry) => entry.kind === 'teacher');
  t.true(teachers.every(({ name, of }) => name === `teacher/${of}` && names.includes(of)));
});

const shares: readonly object[] = [
  { tasks: [{ name: 'rotation' }, MOCO] },
  { tasks: [{ name: 'rotation' }, JIGSAW], turns: 'microbatch' },
  { tasks: [{ name: 'rotation' }, JIGSAW], turns: 'step' },
  { tasks: [{ name: 'rotation' }, JIGSAW], turns: 'microbatch', balance: 'uncertainty' },
];

for (const given of shares) {
  test(`${JSON.stringify(given)}: one replica and three have the same bits, and every array that is trained moves`, (t) => expectSameBits(t, build(given)));
}

const turnCases = [['microbatch', [0, 1, 0, 1, 0, 1]], ['step', [0, 0, 0, 1, 1, 1]]] as const;
for (const [turns, expected] of turnCases) {
  test(`by turns of a ${turns}, a microbatch is drawn for one task alone, and the others weigh nothing in it`, async (t) => {
    const parts = build({ tasks: [{ name: 'rotation' }, JIGSAW], turns });
    const steps = planSteps(parts, { numItems: 16, lostItem: 5 });
    const [replica] = createReplicas(t, parts);
    const gradient = new Float32Array(parts.layout.gradientLength);
    for (const [place, turn] of expected.entries()) {
      const input = steps.inputOf(1 + Math.floor(place / 3), place % 3);
      const isDrawn = ['rotation/picture', 'jigsaw/patches'].map((name) => input.arrays[name]!.some((value) => value !== 0));
      t.deepEqual(isDrawn, [turn === 0, turn === 1]);
      const { terms, weights } = await replica!.computeGradient(input, gradient);
      const used = weights['samples'];
      t.is(weights['main'], used);
      t.deepEqual([terms['rotation/crossEntropy']!.weight, terms['jigsaw/crossEntropy']!.weight], turn === 0 ? [used, 0] : [0, used]);
    }
  });
}

test('a recipe with several tasks has a hash of its own', (t) => {
  const hash = (more: object): string => hashRecipe(readRecipe(recipeOf(more)));
  const tasks = [{ name: 'rotation' }, JIGSAW];
  const all = [{ task: { name: 'rotation' } }, { tasks }, { tasks, turns: 'step' }, { tasks: [{ name: 'rotation', weight: 2 }, JIGSAW] }];
  t.is(new Set(all.map(hash)).size, all.length);
});

const refuses = anyTest.macro({
  title: (title) => `refused: ${title ?? ''}`,
  exec(t, more: object, pattern: RegExp) {
    t.regex(t.throws(() => build(more), { code: 'BAD_RECIPE' }).message, pattern);
  },
});

test('a task whose loss at chance nobody knows, without a weight', refuses,
  { tasks: [{ name: 'rotation' }, { name: 'colorization' }] }, /colorization cannot be weighed .* crossEntropy is not known/);
test('a queue by turns', refuses, { tasks: [{ name: 'rotation' }, MOCO], turns: 'microbatch' }, /turns: moco keeps rows of every sample/);
test('one task twice', refuses, { tasks: [{ name: 'rotation' }, { name: 'rotation' }] }, /tasks\.2\.name: expected each task once, given "rotation" again/);
test('several tasks and one besides', refuses, { task: { name: 'moco' }, tasks: [{ name: 'rotation' }, JIGSAW] }, /task\.name: expected nothing beside several tasks, given "moco"/);
test('a balance of one task', refuses, { task: { name: 'rotation' }, balance: 'uncertainty' }, /balance: expected nothing with one task/);
test('turns of one task', refuses, { task: { name: 'rotation' }, turns: 'step' }, /turns: expected nothing with one task/);
test('an unknown task among several', refuses, { tasks: [{ name: 'rotation' }, { name: 'jigsav' }] }, /tasks\.1\.name: expected one of .* did you mean jigsaw/);
test('a task for videos on images', refuses, { tasks: [{ name: 'rotation' }, { name: 'frame-order' }] }, /"frame-order" learns from videos/);

test('a task whose loss at chance is not known counts as its weight says', (t) => {
  t.notThrows(() => build({ tasks: [{ name: 'rotation' }, { name: 'colorization', weight: 0.1 }] }));
});
