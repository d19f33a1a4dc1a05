// Golden losses of features that consistency compares: each way, between samples that count, by their weights.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { initValues } from '../../../../shared/state/init.js';
import { backends } from '../../../../worker/backends/index.js';
import { createNet } from '../../../../worker/compute/net.js';
import { nameValues } from '../../../../worker/evaluate/features.js';
import { predictRows } from '../../../../worker/heads/predictor.js';
import { projectRows } from '../../../../worker/heads/projection.js';
import { vicreg } from '../../../../worker/losses/vicreg.js';
import { ownOf } from '../../../../worker/tasks/wrap/names.js';
import { freshRandom, largestError } from '../../../helpers/numerics.js';
import { partsOf } from '../../../helpers/recipes.js';
import { dot, drawRows, type Rows } from '../../../helpers/rows.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const NUM_SAMPLES = 5;
const CHANNELS = 6;
const [HIDDEN, DIMS] = [6, 4];
const TERM = 'consistency/stage2';
/** The third sample has no second version. */
const AGAIN = [1, 1, 0, 1, 1];
const USED = [0, 1, 3, 4];
const TEMPERATURE = 0.2;

test.before(async () => {
  await backends.simd.start();
});

interface Projected {
  readonly one: Rows;
  readonly other: Rows;
  readonly guessOfOne: Rows;
  readonly guessOfOther: Rows;
  /** What VICReg alone makes of both. */
  readonly vicreg: readonly number[];
}

/** The losses of features that are drawn, of the samples that count, and the rows that heads make of them. */
function measure(rule: { readonly loss: 'infoNce' | 'vicreg' | 'cosine'; readonly weight: number }): { readonly losses: number[]; readonly rows: Projected } {
  const { model, modelOptions, layout, objective } = partsOf({
    data: { root: '/data', source: 'image-folder', side: 16, shortSide: 20 }, task: { name: 'rotation' }, model: { name: 'convnet', options: { width: 3, stages: 2 } },
    batch: { microbatches: 2, microbatchSize: NUM_SAMPLES },
    consistency: { ramp: 0, weight: 3, features: [{ stage: 'last', hidden: HIDDEN, dims: DIMS, temperature: TEMPERATURE, ...rule }] },
  }, 20);
  const { random } = freshRandom();
  return tf.tidy(() => {
    const values = nameValues(layout, initValues(layout, 5));
    const draw = (columns: number): Tensor2D => tf.tensor2d(drawRows(random, NUM_SAMPLES, columns));
    const [seen, again] = [draw(CHANNELS), draw(CHANNELS)];
    const batch = {
      numSamples: NUM_SAMPLES, weights: new Float32Array(NUM_SAMPLES).fill(1), tensors: { turn: tf.zeros([NUM_SAMPLES, 1], 'int32') },
      arrays: { turn: new Int32Array(NUM_SAMPLES), 'again/turn': new Int32Array(NUM_SAMPLES), again: Float32Array.from(AGAIN) },
    };
    const { terms } = objective.losses({ turn: draw(4), 'seen/1': seen, 'again/seen/1': again }, batch, createNet({ model, modelOptions, values }));
    const [own, weightsB] = [ownOf(TERM, values), tf.tensor1d(AGAIN)];
    const project = (rows: Tensor2D): Tensor2D => projectRows(rows, { head: 'mlp', hidden: HIDDEN, dims: DIMS, norm: 'microbatch' }, own, weightsB);
    const guess = (rows: Tensor2D): Tensor2D =>
      (rule.loss === 'cosine' ? predictRows(rows, { predictorHidden: HIDDEN, dims: DIMS, norm: 'microbatch' }, own, weightsB) : rows);
    const [one, other] = [project(seen), project(again)];
    const alone = Object.values(vicreg(one, other, weightsB, { invariance: 1, variance: 1, covariance: 0.04 })).map(({ perSample }) => perSample);
    const pick = <Value>(all: readonly Value[]): Value[] => USED.map((sample) => all[sample]!);
    // A row of zeros stays one, as where losses bring rows to length 1.
    const read = (rows: Tensor2D): Rows => pick(rows.arraySync()).map((row) => row.map((value) => value / Math.sqrt(dot(row, row) + 1e-8)));
    const result = {
      losses: pick(terms[TERM]!.perSample.arraySync()),
      rows: { one: read(one), other: read(other), guessOfOne: read(guess(other)), guessOfOther: read(guess(one)), vicreg: pick(tf.addN<Tensor1D>(alone).arraySync()) },
    };
    tf.dispose(values);
    return result;
  });
}

/** -log of what a row gives its own among all, one way. */
const tellApart = (queries: Rows, keys: Rows): number[] =>
  queries.map((query, i) => Math.log(keys.reduce((sum, key) => sum + Math.exp((dot(query, key) - dot(query, keys[i]!)) / TEMPERATURE), 0)));

const expectedOf = {
  infoNce: ({ one, other }: Projected): number[] => tellApart(one, other).map((there, i) => (there + tellApart(other, one)[i]!) / 2),
  cosine: ({ one, other, guessOfOne, guessOfOther }: Projected): number[] => one.map((row, i) => 1 - (dot(guessOfOne[i]!, row) + dot(guessOfOther[i]!, other[i]!)) / 2),
  vicreg: (rows: Projected): readonly number[] => rows.vicreg,
};

for (const loss of ['infoNce', 'vicreg', 'cosine'] as const) {
  for (const weight of [1, 0.5]) {
    test(`${loss} of weight ${weight}, times the weight of all: what its definition makes of the rows of both versions`, (t) => {
      const { losses, rows } = measure({ loss, weight });
      t.true(losses.every((each) => each > 1e-3));
      t.true(largestError(losses, expectedOf[loss](rows).map((each) => 3 * weight * each)) < 1e-5, JSON.stringify(losses));
    });
  }
}
