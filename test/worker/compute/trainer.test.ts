// A replica on real models and tasks: gradients that add up, updates that repeat, tensors that are given back.

import test, { type ExecutionContext } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import type { MicrobatchInput } from '../../../worker/compute/forward.js';
import type { MicrobatchResult, Trainer } from '../../../worker/compute/trainer.js';
import { partsOf } from '../../helpers/recipes.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { createInput, createReplica, cutInput } from '../../helpers/replicas.js';

const SIDE = 11;
const NUM_SAMPLES = 5;
const TASKS = ['frame-order', 'rotation'] as const;
type TaskName = (typeof TASKS)[number];

let disposeBackend: () => void | Promise<void>;
test.before(async () => {
  const started = await backends.cpu.start();
  disposeBackend = () => started.dispose();
});
test.after.always(() => disposeBackend());

/** Without dropout: it draws by the place in a batch, so that a part of a batch would not see what the whole sees. */
const recipeOf = (task: TaskName, norm: string, optimizer: string): unknown => ({
  data: { root: '/data', source: task === 'rotation' ? 'image-folder' : 'video-folder', side: SIDE, shortSide: SIDE },
  task: { name: task, options: task === 'frame-order' ? { dropout: 0 } : {} },
  model: { name: 'convnet', options: { width: 3, stages: 2, norm } },
  optimizer: { name: optimizer, learningRate: 0.1 },
  steps: 10,
  seed: 1,
});

interface Bench {
  readonly parts: TrainerParts;
  readonly trainer: Trainer;
  readonly input: MicrobatchInput;
}

function createBench(t: ExecutionContext, task: TaskName, norm = 'group', optimizer = 'sgd'): Bench {
  const parts = partsOf(recipeOf(task, norm, optimizer));
  const trainer = createReplica(parts);
  t.teardown(() => trainer.dispose());
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  return { parts, trainer, input: createInput(parts, random, NUM_SAMPLES, Math.round(1 / parts.puzzle.metrics['accuracy']!.chance!)) };
}

const lossOf = ({ terms }: MicrobatchResult): number => Object.values(terms).reduce((total, { sum }) => total + sum, 0);

async function gradientOf({ parts, trainer }: Bench, input: MicrobatchInput): Promise<{ gradient: Float32Array; lossSum: number } & MicrobatchResult> {
  const gradient = new Float32Array(parts.layout.gradientLength).fill(Number.NaN);
  const result = await trainer.computeGradient(input, gradient);
  return { gradient, lossSum: lossOf(result), ...result };
}

async function stateOf({ parts, trainer }: Bench): Promise<Float32Array> {
  const state = new Float32Array(parts.layout.stateLength);
  await trainer.save(state);
  return state;
}

/** The arrays with copies of the pictures changed. */
function mapPictures({ arrays }: MicrobatchInput, change: (pictures: Float32Array) => void): MicrobatchInput['arrays'] {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => {
    const copy = array.slice();
    if (copy instanceof Float32Array) change(copy);
    return [name, copy];
  }));
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

for (const task of TASKS) {
  test.serial(`${task}: the gradients of the parts of a microbatch add up to that of the whole`, async (t) => {
    const bench = createBench(t, task);
    const whole = await gradientOf(bench, bench.input);
    const parts = await Promise.all([cutInput(bench.input, 0, 2), cutInput(bench.input, 2, NUM_SAMPLES)].map((input) => gradientOf(bench, input)));
    const sum = parts[0]!.gradient.map((value, i) => value + parts[1]!.gradient[i]!);
    t.true(largest(whole.gradient) > 1e-3);
    // Sums of some thousand fp32 products in another order.
    t.true(largestError(sum, whole.gradient) <= 1e-4 * Math.max(1, largest(whole.gradient)));
    t.is(whole.weights['samples'], NUM_SAMPLES);
    t.true(Math.abs(parts[0]!.lossSum + parts[1]!.lossSum - whole.lossSum) < 1e-4 * whole.lossSum);
  });

  test.serial(`${task}: a sample of weight 0 counts for nothing, whatever its pixels are`, async (t) => {
    const bench = createBench(t, task);
    const { input } = bench;
    const without = await gradientOf(bench, cutInput(input, 0, NUM_SAMPLES - 1));
    const arrays = mapPictures(input, (pictures) => pictures.fill(0, (pictures.length / NUM_SAMPLES) * (NUM_SAMPLES - 1)));
    const weights = input.weights.slice().fill(0, NUM_SAMPLES - 1);
    const withIt = await gradientOf(bench, { ...input, arrays, weights });
    t.is(withIt.weights['samples'], NUM_SAMPLES - 1);
    t.true(largestError(withIt.gradient, without.gradient) <= 1e-4 * Math.max(1, largest(without.gradient)));
  });
}

for (const optimizer of ['sgd', 'adamw', 'lars']) {
  test.serial(`${optimizer}: the same steps from the same state give the same bits, and a state saved in between goes on the same`, async (t) => {
    const run = async (isSaved: boolean): Promise<Float32Array> => {
      const bench = createBench(t, 'rotation', 'group', optimizer);
      for (let step = 1; step <= 4; step++) {
        const random = createRandom({ seed: 4, epoch: step, sample: 0, purpose: 'gradient' });
        bench.trainer.update({ step, gradientSum: normals(random, bench.parts.layout.gradientLength), weights: { samples: 3, main: 3 } });
        if (isSaved && step === 2) {
          const state = await stateOf(bench);
          bench.trainer.load(new Float32Array(state.length));
          bench.trainer.load(state);
          // The trainer has a copy.
          state.fill(Number.NaN);
        }
      }
      return stateOf(bench);
    };
    const reference = await run(false);
    t.true(reference.every(Number.isFinite));
    t.deepEqual(await run(false), reference);
    t.deepEqual(await run(true), reference);
  });
}

test.serial('a step without any usable sample leaves the state as it is; another one does not', async (t) => {
  const bench = createBench(t, 'rotation');
  const before = await stateOf(bench);
  bench.trainer.update({ step: 1, gradientSum: new Float32Array(bench.parts.layout.gradientLength), weights: { samples: 0, main: 0 } });
  t.deepEqual(await stateOf(bench), before);
  bench.trainer.update({ step: 1, gradientSum: new Float32Array(bench.parts.layout.gradientLength).fill(1), weights: { samples: 2, main: 2 } });
  t.notDeepEqual(await stateOf(bench), before);
});

test.serial('running statistics move a tenth of the way to what the step saw', async (t) => {
  const bench = createBench(t, 'rotation', 'batch');
  const statistics = bench.parts.layout.entries.filter(({ kind }) => kind === 'statistic');
  t.true(statistics.length > 0);
  const before = await stateOf(bench);
  const { gradient, weights } = await gradientOf(bench, bench.input);
  bench.trainer.update({ step: 1, gradientSum: gradient, weights });
  const after = await stateOf(bench);
  for (const { offset, travelOffset, length, name } of statistics) {
    for (let i = offset; i < offset + length; i++) {
      const expected = 0.9 * before[i]! + 0.1 * (gradient[travelOffset + i - offset]! / weights['samples']!);
      t.true(Math.abs(after[i]! - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), name);
    }
  }
});

test.serial('a gradient that is not finite is noticed', async (t) => {
  const bench = createBench(t, 'rotation');
  const gradient = new Float32Array(bench.parts.layout.gradientLength);
  t.true((await bench.trainer.computeGradient(bench.input, gradient)).isFinite);
  const arrays = mapPictures(bench.input, (pictures) => pictures.fill(Number.POSITIVE_INFINITY, 0, 1));
  t.false((await bench.trainer.computeGradient({ ...bench.input, arrays }, gradient)).isFinite);
});

test.serial('a gradient that is not finite is noticed though the loss is finite', async (t) => {
  const bench = createBench(t, 'rotation', 'batch');
  // Their variance is too large for fp32: what is normalised by it is 0, and so the loss is that of a guess.
  const arrays = mapPictures(bench.input, (pictures) => pictures.forEach((value, i) => { pictures[i] = value * 1e25; }));
  const result = await gradientOf(bench, { ...bench.input, arrays });
  t.true(Number.isFinite(result.lossSum));
  t.false(result.gradient.every(Number.isFinite));
  t.false(result.isFinite);
});

test.serial('steps leave no tensor behind, and dispose leaves none at all', async (t) => {
  const numBefore = tf.memory().numTensors;
  for (const [task, norm, optimizer] of [['frame-order', 'group', 'sgd'], ['rotation', 'batch', 'adamw']] as const) {
    const bench = createBench(t, task, norm, optimizer);
    const numLoaded = tf.memory().numTensors;
    for (let step = 1; step <= 3; step++) {
      const { gradient, weights } = await gradientOf(bench, { ...bench.input, step });
      bench.trainer.update({ step, gradientSum: gradient, weights });
      t.is(tf.memory().numTensors, numLoaded);
    }
    bench.trainer.load(await stateOf(bench));
    t.is(tf.memory().numTensors, numLoaded);
    bench.trainer.dispose();
    t.is(tf.memory().numTensors, numBefore);
  }
});
