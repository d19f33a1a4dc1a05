// Cross-entropy against the same in float64: of single samples, summed over a microbatch with its gradient, and as each task with a few answers loses it.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { sumOutcome } from '../../../worker/compute/outcome.js';
import { classify, classifyWeighed, crossEntropyOf, weighByClass } from '../../../worker/losses/cross-entropy.js';
import { smooth } from '../../../worker/tasks/labels/smooth.js';
import type { Net, Outcome } from '../../../worker/tasks/objective.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { drawRows, type Rows } from '../../helpers/rows.js';
import { buildCase, type Case } from '../../helpers/task-cases.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

interface Drawn {
  readonly logits: Rows;
  readonly answers: readonly number[];
  /** Some samples cannot be used. */
  readonly weights: Float32Array;
}

const drawAnswers = (random: Random, numSamples: number, numClasses: number, deviation = 2): Drawn => ({
  logits: drawRows(random, numSamples, numClasses, deviation),
  answers: Array.from({ length: numSamples }, () => random.int(numClasses)),
  weights: Float32Array.from({ length: numSamples }, (_, i) => (i % 3 === 1 ? 0 : 1)),
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function softmax(logits: readonly number[]): number[] {
  const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  return exponentials.map((each) => each / sum(exponentials));
}

/** Of the class that is right. */
const lossOf = (logits: readonly number[], answer: number): number => -Math.log(softmax(logits)[answer]!);
const isRight = (logits: readonly number[], answer: number): number => Number(logits.every((logit, k) => k === answer || logit < logits[answer]!));

const read = (tensor: tf.Tensor | undefined): Float32Array => tensor!.dataSync<'float32'>();

/** Bounds of float32: logits of a few tens have a bit of about 2e-6. */
const NEAR = 1e-5;

for (const [numSamples, numClasses, deviation] of [[1, 2, 1], [5, 3, 6], [7, 8, 2], [3, 24, 4], [13, 101, 1]] as const) {
  test(`${numSamples} samples of ${numClasses} classes lose what float64 says, sample by sample, in sum and in the gradient`, (t) => {
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const { logits, answers, weights } = drawAnswers(random, numSamples, numClasses, deviation);
    tf.tidy(() => {
      const [wantedB1, weightsB] = [tf.tensor2d([...answers], [numSamples, 1], 'int32'), tf.tensor1d(weights)];
      const lose = (logitsBK: tf.Tensor): Outcome => classify(logitsBK as tf.Tensor2D, wantedB1);
      const { terms, metrics } = lose(tf.tensor2d(logits));
      const losses = logits.map((row, i) => lossOf(row, answers[i]!));
      t.true(largestError(read(terms['crossEntropy']!.perSample), losses) < NEAR);
      t.deepEqual([...read(metrics['accuracy']!.perSample)], logits.map((row, i) => isRight(row, answers[i]!)));
      const { value, grad } = tf.valueAndGrad((x) => sumOutcome(lose(x), weightsB).loss)(tf.tensor2d(logits));
      t.true(largestError(read(value), [sum(losses.map((loss, i) => loss * weights[i]!))]) < NEAR);
      t.true(largestError(read(grad), logits.flatMap((row, i) => softmax(row).map((p, k) => weights[i]! * (p - Number(k === answers[i]))))) < NEAR);
    });
  });
}

test('what is wanted may be shared among classes and may be smoothed: a share is taken off and spread over all', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const [numSamples, numClasses] = [6, 7];
  const logits = drawRows(random, numSamples, numClasses, 3);
  // Rows need not sum to 1: a class may count more than another.
  const wanted = logits.map((row) => row.map(() => Math.fround(random.float())));
  for (const share of [0, 0.1, 0.6]) {
    const expected = logits.map((row, i) => -sum(softmax(row).map((p, k) => ((1 - share) * wanted[i]![k]! + (share * sum(wanted[i]!)) / numClasses) * Math.log(p))));
    const actual = tf.tidy(() => read(crossEntropyOf(tf.tensor2d(logits), smooth(tf.tensor2d(wanted), share))));
    t.true(largestError(actual, expected) < NEAR, `share ${share}`);
  }
});

test('samples weigh what their answers weigh, in the sum, in the weight that it is divided by, and in the accuracy', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const each = [0.5, 4, 1.25];
  const { logits, answers, weights } = drawAnswers(random, 9, 3);
  const counted = answers.map((answer, i) => weights[i]! * each[answer]!);
  tf.tidy(() => {
    const wanted = tf.tensor1d([...answers], 'int32');
    const outcome = classifyWeighed(tf.tensor2d(logits), wanted, weighByClass(weights, answers, each), 'balanced');
    const { loss, terms, metrics, players } = sumOutcome(outcome, tf.tensor1d(weights));
    const numbers = [loss, terms[0]!.weight, metrics[0]!.sum, metrics[0]!.weight, players[0]!.weight].map((tensor) => read(tensor)[0]!);
    const total = sum(counted);
    const right = sum(logits.map((row, i) => counted[i]! * isRight(row, answers[i]!)));
    t.true(largestError(numbers, [sum(logits.map((row, i) => counted[i]! * lossOf(row, answers[i]!))), total, right, total, total]) < NEAR);
  });
});

/** A task's prediction, the array of its puzzle that says what is right, and what answers weigh where they do not weigh alike. */
interface Answering extends Case {
  readonly prediction: string;
  readonly each?: readonly number[];
}

const answering: readonly Answering[] = [
  { name: 'arrow-of-time', options: {}, prediction: 'direction' },
  { name: 'frame-order', options: {}, prediction: 'order' },
  { name: 'jigsaw', options: { permutations: 11 }, prediction: 'permutation' },
  { name: 'odd-one-out', options: { sequences: 5 }, prediction: 'odd' },
  { name: 'order-verification', options: { positives: 0.2 }, prediction: 'isInOrder', each: [0.5 / 0.8, 0.5 / 0.2] },
  { name: 'pace', options: { paces: 3 }, prediction: 'pace' },
  { name: 'relative-location', options: {}, prediction: 'neighbour' },
  { name: 'rotation', options: {}, prediction: 'turn' },
  {
    name: 'sound-clusters', prediction: 'cluster', each: [0.5, 0.25, 0.25].map((share) => 1 / (3 * share)),
    options: { bands: 8, shares: [0.5, 0.25, 0.25], centres: [0, 1, 2].map((band) => Array.from({ length: 16 }, (_, i) => (i === band ? 9 : 0))) },
  },
];

for (const { name, options, prediction, each } of answering) {
  test(`${name} loses the cross-entropy of its answer${each ? ', by what the answer weighs' : ''}`, (t) => {
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const { puzzle, objective } = buildCase({ name, options });
    const [metric, info] = Object.entries(puzzle.metrics).find(([, { chance }]) => chance !== undefined)!;
    const { logits, answers, weights } = drawAnswers(random, 8, Math.round(1 / info.chance!));
    tf.tidy(() => {
      const batch = {
        numSamples: 8, weights, arrays: { [prediction]: Int32Array.from(answers) }, tensors: { [prediction]: tf.tensor2d([...answers], [8, 1], 'int32') },
      };
      const { terms, metrics } = objective.losses({ [prediction]: tf.tensor2d(logits) }, batch, {} as Net);
      t.true(largestError(read(terms['crossEntropy']!.perSample), logits.map((row, i) => lossOf(row, answers[i]!))) < NEAR);
      t.deepEqual([...read(metrics[metric]!.perSample)], logits.map((row, i) => isRight(row, answers[i]!)));
      for (const { weight } of [terms['crossEntropy']!, metrics[metric]!]) {
        if (each) t.true(largestError(read(weight), answers.map((answer, i) => weights[i]! * each[answer]!)) < NEAR);
        else t.is(weight, undefined);
      }
    });
  });
}
