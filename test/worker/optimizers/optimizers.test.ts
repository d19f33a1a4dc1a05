// Every optimizer against a plain float64 reading of its paper, over random gradients and several steps.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import type { UpdateContext } from '../../../worker/optimizers/optimizer.js';
import type { OptimizerName } from '../../../worker/optimizers/options/index.js';
import { optimizerNames, wholeOptimizer } from '../../helpers/whole.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';

/** One step in float64: new parameter; `slots` are changed in place. */
type Reference = (w: number[], g: number[], slots: number[][], context: UpdateContext) => number[];

const length = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

const sgdReference =
  (momentumOption: number, weightDecay: number, nesterov: boolean): Reference =>
  (w, g, [velocity], { learningRate, momentum = momentumOption, decay }) =>
    w.map((x, i) => {
      const slope = g[i]! + (decay ? weightDecay * x : 0);
      velocity![i] = momentum * velocity![i]! + slope;
      return x - learningRate * (nesterov ? slope + momentum * velocity![i] : velocity![i]);
    });

const adamwReference =
  (beta1Option: number, beta2: number, epsilon: number, weightDecay: number): Reference =>
  (w, g, [mean, square], { step, learningRate, momentum: beta1 = beta1Option, decay }) =>
    w.map((x, i) => {
      mean![i] = beta1 * mean![i]! + (1 - beta1) * g[i]!;
      square![i] = beta2 * square![i]! + (1 - beta2) * g[i]! ** 2;
      const direction = mean![i] / (1 - beta1 ** step) / (Math.sqrt(square![i] / (1 - beta2 ** step)) + epsilon);
      return x - learningRate * direction - (decay ? learningRate * weightDecay * x : 0);
    });

const larsReference =
  (momentumOption: number, trust: number, weightDecay: number): Reference =>
  (w, g, [velocity], { learningRate, momentum = momentumOption, decay }) => {
    const isAdapted = decay && length(w) > 0 && length(g) > 0;
    const ratio = isAdapted ? (trust * length(w)) / (length(g) + weightDecay * length(w)) : 1;
    return w.map((x, i) => {
      velocity![i] = momentum * velocity![i]! + ratio * (g[i]! + (decay ? weightDecay * x : 0));
      return x - learningRate * velocity![i];
    });
  };

interface Case {
  readonly name: OptimizerName;
  readonly options: Record<string, unknown>;
  readonly reference: Reference;
  readonly context: Partial<UpdateContext>;
}

const cases: readonly Case[] = [
  { name: 'sgd', options: { weightDecay: 0.1 }, reference: sgdReference(0.9, 0.1, false), context: {} },
  { name: 'sgd', options: { weightDecay: 0.1 }, reference: sgdReference(0.9, 0.1, false), context: { decay: false } },
  { name: 'sgd', options: { nesterov: true, weightDecay: 0 }, reference: sgdReference(0, 0, true), context: { momentum: 0.7 } },
  { name: 'adamw', options: { weightDecay: 0.2 }, reference: adamwReference(0.9, 0.999, 1e-8, 0.2), context: {} },
  { name: 'adamw', options: { weightDecay: 0.2 }, reference: adamwReference(0.9, 0.999, 1e-8, 0.2), context: { decay: false } },
  {
    name: 'adamw',
    options: { beta2: 0.9, epsilon: 1e-3 },
    reference: adamwReference(0, 0.9, 1e-3, 0.01),
    context: { momentum: 0.8 },
  },
  { name: 'lars', options: { trust: 0.02, weightDecay: 0.1 }, reference: larsReference(0.9, 0.02, 0.1), context: {} },
  { name: 'lars', options: { weightDecay: 0.1 }, reference: larsReference(0.9, 1e-3, 0.1), context: { decay: false } },
];

test.before(async () => {
  await backends.simd.start();
});

interface Steps {
  readonly start: Float32Array;
  readonly gradients: readonly Float32Array[];
  readonly context: Partial<UpdateContext>;
}

/** Runs the optimizer for a step on each gradient; returns the last parameter. */
function runSteps(name: OptimizerName, given: unknown, { start, gradients, context }: Steps): Float32Array {
  const optimizer = wholeOptimizer(name);
  const options = optimizer.options.parse(given);
  return tf.tidy(() => {
    let parameter: tf.Tensor = tf.tensor1d(start);
    let slots: readonly tf.Tensor[] = optimizer.slots.map(() => tf.zerosLike(parameter));
    gradients.forEach((values, i) => {
      const full = { step: i + 1, learningRate: 0.1, decay: true, ...context };
      ({ parameter, slots } = optimizer.update({ parameter, slots }, tf.tensor1d(values), options, full));
    });
    return parameter.dataSync<'float32'>();
  });
}

const matches = test.macro({
  title: (_title, { name, options, context }: Case) => `${name} ${JSON.stringify(options)} with ${JSON.stringify(context)} follows its formula for seven steps`,
  exec(t, { name, options, reference, context }: Case) {
    const { random, seed } = freshRandom();
    t.log({ seed });
    const start = normals(random, 13);
    const gradients = Array.from({ length: 7 }, () => normals(random, 13));
    const numTensors = tf.memory().numTensors;
    const actual = runSteps(name, options, { start, gradients, context });
    t.is(tf.memory().numTensors, numTensors);

    let expected = [...start];
    const slots = wholeOptimizer(name).slots.map(() => new Array<number>(13).fill(0));
    gradients.forEach((values, i) => {
      expected = reference(expected, [...values], slots, { step: i + 1, learningRate: 0.1, decay: true, ...context });
    });
    t.true(largestError(actual, expected) < 1e-5);
    t.true(largestError(start, expected) > 1e-4);
  },
});
for (const given of cases) test(matches, given);

test('LARS treats a parameter or a gradient that is all zero as momentum does', (t) => {
  const gradient = Float32Array.of(0.5, -1, 2);
  const moved = runSteps('lars', { momentum: 0, weightDecay: 0 }, { start: new Float32Array(3), gradients: [gradient], context: { learningRate: 0.1 } });
  t.true(largestError(moved, gradient.map((g) => -0.1 * g)) < 1e-6);
  const still = runSteps('lars', { momentum: 0, weightDecay: 0 }, { start: gradient, gradients: [new Float32Array(3)], context: { learningRate: 0.1 } });
  t.deepEqual(still, gradient);
});

test('every optimizer descends a bowl', (t) => {
  const { random } = freshRandom();
  for (const name of optimizerNames) {
    const optimizer = wholeOptimizer(name);
    const options = optimizer.options.parse({});
    const start = normals(random, 5);
    const end = tf.tidy(() => {
      let parameter: tf.Tensor = tf.tensor1d(start);
      let slots: readonly tf.Tensor[] = optimizer.slots.map(() => tf.zerosLike(parameter));
      for (let step = 1; step <= 100; step++) {
        const context = { step, learningRate: name === 'lars' ? 5 : 0.03, decay: true };
        ({ parameter, slots } = optimizer.update({ parameter, slots }, parameter, options, context));
      }
      return [...parameter.dataSync<'float32'>()];
    });
    t.true(length(end) < 0.6 * length([...start]), name);
  }
});
