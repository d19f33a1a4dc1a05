// Consistency added to tasks: what is drawn, golden losses of predictions, gradients and equal bits; consistent-features.test.ts has the
// golden losses of features, refused-consistency.test.ts what is refused.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../../shared/random/random.js';
import { hashRecipe } from '../../../../shared/recipe/hash.js';
import { createArrays } from '../../../../worker/augment/arrays.js';
import { sliceSample } from '../../../../worker/augment/prepare-samples.js';
import { initValues } from '../../../../shared/state/init.js';
import { backends } from '../../../../worker/backends/index.js';
import { readRecipe } from '../../../../worker/bind-recipe.js';
import { nameValues } from '../../../../worker/evaluate/features.js';
import { toBatch } from '../../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../../worker/compute/build-parts.js';
import { createNet } from '../../../../worker/compute/net.js';
import { sumOutcome } from '../../../../worker/compute/outcome.js';
import type { Arrays } from '../../../../worker/tasks/task.js';
import { rampAt } from '../../../../worker/tasks/wrap/consistent-objective.js';
import { createMedia } from '../../../helpers/media.js';
import { alwaysWrong, checkGradients, freshRandom, wrongGradients } from '../../../helpers/numerics.js';
import { partsOf } from '../../../helpers/recipes.js';
import { expectSameBits } from '../../../helpers/replicas.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const SIDE = 16;
const NUM_SAMPLES = 5;
const SMALL = { hidden: 6, dims: 4 };

const recipeOf = (more: object): object => ({
  data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE + 4 }, task: { name: 'rotation' },
  model: { name: 'convnet', options: { width: 3, stages: 2 } }, batch: { microbatches: 3, microbatchSize: NUM_SAMPLES }, ...more,
});
const build = (more: object): TrainerParts => partsOf(recipeOf(more), 20);

test.before(async () => {
  await backends.simd.start();
});

interface Drawn {
  readonly arrays: Arrays;
  readonly weights: Float32Array;
}

/** Puzzles of different items, the last of which cannot be used. */
function draw({ puzzle }: TrainerParts): Drawn {
  const { arrays, weights } = createArrays(puzzle, NUM_SAMPLES);
  for (let slot = 0; slot < NUM_SAMPLES - 1; slot++) {
    const random = createRandom({ seed: 2, epoch: 0, sample: slot, purpose: 'puzzle' });
    weights[slot] = puzzle.draw(createMedia(slot, { side: SIDE + 4, puzzle }), random, sliceSample(arrays, slot, NUM_SAMPLES)) ? 1 : 0;
  }
  return { arrays, weights };
}

const ALL = {
  ramp: 0,
  predictions: { temperature: 0.5, confidence: 0.1 },
  features: [{ stage: 'stage1', loss: 'vicreg', ...SMALL }, { stage: 'last', loss: 'infoNce', weight: 0.5, ...SMALL }],
};

const softmax = (logits: readonly number[], temperature = 1): number[] => {
  const exponentials = logits.map((logit) => Math.exp(logit / temperature));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((each) => each / sum);
};

test('the first version is the puzzle of the task alone; the second is another one', (t) => {
  const [alone, twice] = [build({}), build({ consistency: ALL })].map(draw);
  for (const [name, array] of Object.entries(alone!.arrays)) t.deepEqual(twice!.arrays[name], array, name);
  t.deepEqual([...twice!.arrays['again']!], [1, 1, 1, 1, 0]);
  t.notDeepEqual(twice!.arrays['again/picture'], twice!.arrays['picture']);
});

test('options of the second version alone change it alone', (t) => {
  const [one, other] = [{}, { second: { minArea: 0.9, colourJitter: 0.8, guards: { randomCrop: false } } }].map((more) => draw(build({ consistency: { ...ALL, ...more } })));
  t.deepEqual(one!.arrays['picture'], other!.arrays['picture']);
  t.notDeepEqual(one!.arrays['again/picture'], other!.arrays['again/picture']);
});

/** Logits for both versions of two samples of rotation. */
const FIRST = [[0.3, -1, 2, 0.5], [1, 1.5, -0.5, 0]];
const SECOND = [[1, 0, 0.2, -0.3], [0.1, 2, 0.4, 0]];
const TURNS = { first: [1, 3], second: [3, 2] };

function measureRotation(consistency: object): { loss: number[]; weight: number[]; confident: number[]; agreement: number[] } {
  const parts = build({ consistency });
  return tf.tidy(() => {
    const ints = (values: readonly number[]): Int32Array => Int32Array.from(values);
    const batch = {
      numSamples: 2, weights: Float32Array.of(1, 1),
      tensors: { turn: tf.tensor2d(TURNS.first, [2, 1], 'int32') },
      arrays: { turn: ints(TURNS.first), 'again/turn': ints(TURNS.second), again: Float32Array.of(1, 1) },
    };
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: {} });
    const { terms, metrics } = parts.objective.losses({ turn: tf.tensor2d(FIRST), 'again/turn': tf.tensor2d(SECOND) }, batch, net);
    const read = (tensor: tf.Tensor | undefined): number[] => [...tensor!.dataSync<'float32'>()];
    const { perSample, weight } = terms['consistency/turn']!;
    return {
      loss: read(perSample), weight: read(weight),
      confident: read(metrics['consistency/turn/confident']!.perSample), agreement: read(metrics['consistency/turn/agreement']!.perSample),
    };
  });
}

/** What the first version says of the second: a turn k of the second is a turn k - (second - first) of the first. */
const movedOf = (sample: number): number[] => [0, 1, 2, 3].map((k) => FIRST[sample]![(k - TURNS.second[sample]! + TURNS.first[sample]! + 8) % 4]!);

test('rotation: the classes of the first version shift as the second was turned, sharpened; divergence and square as float64 has them', (t) => {
  for (const loss of ['kl', 'mse']) {
    const { loss: measured, weight } = measureRotation({ ramp: 0, weight: 3, predictions: { loss, temperature: 0.4 } });
    t.deepEqual(weight, [1, 1]);
    for (const sample of [0, 1]) {
      const [wanted, said] = [softmax(movedOf(sample), 0.4), softmax(SECOND[sample]!)];
      const distances = wanted.map((p, k) => (loss === 'kl' ? p * Math.log(p / said[k]!) : (p - said[k]!) ** 2 / 4));
      t.true(Math.abs(measured[sample]! - 3 * distances.reduce((a, b) => a + b)) < 1e-5, `${loss} ${sample}`);
    }
  }
});

test('a first version that is not sure enough says nothing, by its probabilities before they are sharpened, and still counts in the mean', (t) => {
  const most = FIRST.map((logits) => Math.max(...softmax(logits)));
  const { loss, weight, confident, agreement } = measureRotation({ ramp: 0, predictions: { temperature: 0.1, confidence: (most[0]! + most[1]!) / 2 } });
  t.deepEqual(confident, [1, 0]);
  t.deepEqual(weight, [1, 1]);
  t.true(loss[0]! > 0.1);
  t.is(loss[1], 0);
  const best = (values: readonly number[]): number => values.indexOf(Math.max(...values));
  t.deepEqual(agreement, [0, 1].map((sample) => (best(movedOf(sample)) === best(SECOND[sample]!) ? 1 : 0)));
});

test('the weight rises as exp(-5 (1 - t)^2) and then stays', (t) => {
  [0, 0.05, 0.1, 0.2, 1].forEach((progress, i) => t.true(Math.abs(rampAt(progress, 0.1) - [Math.exp(-5), Math.exp(-1.25), 1, 1, 1][i]!) < 1e-12));
  t.is(rampAt(0, 0), 1);
});

test('while the weight rises a loss is reported whole, and its gradient alone is less', (t) => {
  const gradientOf = (progress: number): { loss: number; size: number } => {
    const parts = build({ consistency: { ramp: 0.5, predictions: {} } });
    const drawn = draw(parts);
    return tf.tidy(() => {
      const values = nameValues(parts.layout, initValues(parts.layout, 5));
      const batch = toBatch(parts.puzzle, drawn.arrays, drawn.weights);
      const lossOf = (kernel: tf.Tensor): tf.Scalar => {
        const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: { ...values, 'head/turn/kernel': kernel }, progress });
        const { terms } = parts.objective.losses(parts.objective.predict(batch, net), batch, net);
        return tf.sum(terms['consistency/turn']!.perSample);
      };
      const { value, grad } = tf.valueAndGrad(lossOf)(values['head/turn/kernel']!);
      const result = { loss: value.dataSync()[0]!, size: tf.norm(grad).dataSync()[0]! };
      tf.dispose(values);
      return result;
    });
  };
  const [rising, risen] = [gradientOf(0.25), gradientOf(0.5)];
  t.true(Math.abs(rising.loss - risen.loss) < 1e-6 * risen.loss);
  t.true(Math.abs(rising.size / risen.size - Math.exp(-1.25)) < 1e-4);
});

test('nothing is learnt through what the first version says', (t) => {
  for (const loss of ['kl', 'mse']) {
    const parts = build({ consistency: { ramp: 0, predictions: { loss } } });
    const drawn = draw(parts);
    const [ofFirst, ofSecond] = tf.tidy(() => {
      const batch = toBatch(parts.puzzle, drawn.arrays, drawn.weights);
      const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: {} });
      const rows = [FIRST, SECOND].map((logits) => tf.tensor2d(Array.from({ length: NUM_SAMPLES }, (_, i) => logits[i % 2]!)));
      const lossOf = (...[first, second]: tf.Tensor[]): tf.Scalar =>
        tf.sum(parts.objective.losses({ turn: first!, 'again/turn': second! }, batch, net).terms['consistency/turn']!.perSample);
      return tf.grads(lossOf)(rows).map((gradient) => [...gradient.dataSync<'float32'>()]);
    });
    t.true(ofFirst!.every((value) => value === 0), loss);
    t.true(ofSecond!.some((value) => Math.abs(value) > 1e-3), loss);
  }
});

test('a second version that could not be drawn, and a sample that cannot be used, count for no consistency', (t) => {
  const parts = build({ consistency: ALL });
  const drawn = draw(parts);
  drawn.arrays['again']![1] = 0;
  const { random } = freshRandom();
  tf.tidy(() => {
    const values = Object.fromEntries(parts.layout.entries.map(({ name, shape, length }) =>
      [name, tf.tensor(Float32Array.from({ length }, () => random.uniform(-0.2, 0.2)), [...shape])]));
    const batch = toBatch(parts.puzzle, drawn.arrays, drawn.weights);
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values });
    const { terms, metrics } = parts.objective.losses(parts.objective.predict(batch, net), batch, net);
    t.deepEqual(Object.keys(terms).sort(), [...parts.puzzle.terms].sort());
    t.deepEqual(Object.keys(metrics).sort(), Object.keys(parts.puzzle.metrics).sort());
    for (const name of ['consistency/turn', 'consistency/stage1', 'consistency/stage2']) t.deepEqual([...terms[name]!.weight!.dataSync()], [1, 0, 1, 1, 0], name);
    t.is(terms['crossEntropy']!.weight, undefined);
  });
});

const cases: readonly { readonly more: object; readonly source?: string }[] = [
  { more: { consistency: ALL } },
  { more: { consistency: { ramp: 0, features: [{ loss: 'cosine', ...SMALL }] } } },
  { more: { task: { name: 'jigsaw', options: { grid: 2, permutations: 24, patchUnits: 5, hidden: 6 } }, consistency: { ramp: 0, predictions: { loss: 'mse' }, features: [{ loss: 'vicreg', ...SMALL }] } } },
  { more: { task: { name: 'moco', options: { queue: 7, hidden: 6, dims: 5 } }, consistency: { ramp: 0.5, features: [{ loss: 'infoNce', ...SMALL }] } } },
  { more: { task: { name: 'auto' }, tasks: [{ name: 'rotation' }, { name: 'jigsaw', options: { grid: 2, permutations: 4, patchUnits: 5, hidden: 6 } }], turns: 'microbatch', consistency: { ramp: 0, predictions: {}, features: [{ loss: 'infoNce', ...SMALL }] } } },
  { more: { task: { name: 'classify', options: { annealing: 'log' } }, consistency: { ramp: 0, second: { minArea: 0.1 }, predictions: { temperature: 0.4, confidence: 0.35 } } } },
  { more: { task: { name: 'frame-order', options: { numFrames: 3, frameUnits: 5, pairUnits: 3, grid: 2 } }, consistency: { ramp: 0, predictions: {} } }, source: 'video-folder' },
  { more: { task: { name: 'arrow-of-time', options: { numFrames: 2, frameUnits: 5, pairUnits: 3, grid: 2 } }, consistency: { ramp: 0, predictions: {} } }, source: 'video-folder' },
];

const buildCase = ({ more, source = 'image-folder' }: (typeof cases)[number]): TrainerParts => build({ ...more, data: { root: '/data', source, side: SIDE, shortSide: SIDE + 4, classes: ['a', 'b', 'c'] } });

for (const given of cases) {
  test(`${JSON.stringify(given.more)}: one replica and three have the same bits, and no tensor is left`, (t) => expectSameBits(t, buildCase(given)));
}

test('InfoNCE, VICReg and the own losses through the heads have the gradients of finite differences', (t) => {
  const parts = build({ consistency: { ...ALL, predictions: undefined } });
  const drawn = draw(parts);
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const lossOf = (values: Record<string, tf.Tensor>): tf.Scalar => {
    const batch = toBatch(parts.puzzle, drawn.arrays, drawn.weights);
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values, training: { seed: 1, step: 1, microbatch: 0 } });
    return sumOutcome(parts.objective.losses(parts.objective.predict(batch, net), batch, net), tf.tensor1d(drawn.weights)).loss;
  };
  t.deepEqual(alwaysWrong(() => wrongGradients(checkGradients(parts.layout.entries, lossOf, random, 1e-3), 0.03, 6e-3)), []);
});

test('consistency is part of the hash', (t) => {
  const hash = (more: object): string => hashRecipe(readRecipe(recipeOf(more)));
  const all = [{}, { consistency: ALL }, { consistency: { ...ALL, weight: 2 } }, { consistency: { ...ALL, second: { minArea: 0.3 } } }];
  t.is(new Set(all.map(hash)).size, all.length);
});
