// A linear classifier on frozen features: how much a trunk tells without further training.
// Full-batch accelerated descent from zero, so nothing is random. Shape letters: N items, D numbers each, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { FeatureSet } from './feature-set.js';
import { accuracyOf } from './feature-set.js';

export interface LinearProbeOptions {
  readonly numSteps: number;
  /** Times half the squared weights, added to the mean cross-entropy; the features have deviation 1. */
  readonly weightDecay: number;
}

const DEFAULTS: LinearProbeOptions = { numSteps: 200, weightDecay: 0.01 };
const NUM_POWER_STEPS = 20;

/** A feature that never changes stays 0 instead of being divided by its rounding error. */
const LEAST_DEVIATION = 1e-6;

/** Of each number over the rows. */
export interface Moments {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function momentsOf({ featuresND, numDims, labels: { length: numRows } }: FeatureSet): Moments {
  const mean = new Float64Array(numDims);
  const squares = new Float64Array(numDims);
  featuresND.forEach((value, i) => (mean[i % numDims]! += value / numRows));
  featuresND.forEach((value, i) => (squares[i % numDims]! += (value - mean[i % numDims]!) ** 2 / numRows));
  return { mean, deviation: squares.map(Math.sqrt) };
}

/** To mean 0 and deviation 1 of what the moments are of. */
export function standardise(values: Float32Array, { mean, deviation }: Moments): Float32Array {
  const numDims = mean.length;
  return values.map((value, i) => (deviation[i % numDims]! > LEAST_DEVIATION ? (value - mean[i % numDims]!) / deviation[i % numDims]! : 0));
}

/** Standardised, and a last column of ones. */
function toInputs({ featuresND, labels: { length: numRows } }: FeatureSet, moments: Moments): Tensor2D {
  return tf.tidy(() => tf.concat([tf.tensor2d(standardise(featuresND, moments), [numRows, moments.mean.length]), tf.ones([numRows, 1])], 1));
}

/** Largest eigenvalue of X'X / N, by power iteration: it bounds the curvature of the loss, and so the step. */
async function curvatureOf(inputsND: Tensor2D): Promise<number> {
  const [numRows, numDims] = inputsND.shape;
  let direction: Tensor2D = tf.fill([numDims, 1], 1 / Math.sqrt(numDims));
  let largest = 1;
  for (let i = 0; i < NUM_POWER_STEPS; i++) {
    const { image, square } = tf.tidy(() => {
      const image: Tensor2D = tf.matMul(inputsND, tf.matMul(inputsND, direction), true);
      return { image, square: tf.sum(tf.mul(image, image)) };
    });
    const length = Math.sqrt((await square.data())[0]!);
    largest = length / numRows;
    direction.dispose();
    direction = tf.tidy(() => tf.mul(image, 1 / length));
    tf.dispose([image, square]);
  }
  direction.dispose();
  return largest;
}

/** Weights [D+1, K] of multinomial logistic regression, by Nesterov's method. `curvature` is that of the inputs. */
function fit(inputsND: Tensor2D, wantedNK: Tensor2D, curvature: number, { numSteps, weightDecay }: LinearProbeOptions): Tensor2D {
  const [numRows, numColumns] = inputsND.shape;
  const numClasses = wantedNK.shape[1];
  // A softmax bends at most by one half; the power iteration may fall a little short of the largest eigenvalue.
  const rate = 1 / (0.5 * 1.1 * curvature + weightDecay);
  let weights: Tensor2D = tf.zeros([numColumns, numClasses]);
  let ahead = weights;
  for (let step = 1; step <= numSteps; step++) {
    const next = tf.tidy(() => {
      const errorNK = tf.sub(tf.softmax(tf.matMul(inputsND, ahead)), wantedNK);
      const gradient = tf.add(tf.div(tf.matMul(inputsND, errorNK, true), numRows), tf.mul(ahead, weightDecay));
      const moved: Tensor2D = tf.sub(ahead, tf.mul(gradient, rate));
      const leap: Tensor2D = tf.add(moved, tf.mul(tf.sub(moved, weights), (step - 1) / (step + 2)));
      return { weights: moved, ahead: leap };
    });
    tf.dispose([weights, ahead]);
    ({ weights, ahead } = next);
  }
  ahead.dispose();
  return weights;
}

export const oneHot = (labels: Int32Array, numClasses: number): Tensor2D =>
  tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), numClasses, 1, 0, 'float32') as Tensor2D);

export interface LinearProbe {
  /** [D+1, K], the last row a bias. */
  readonly weights: Tensor2D;
  /** By which features are standardised before. */
  readonly moments: Moments;
}

/** A linear classifier on standardised features. The caller disposes its weights. */
export async function fitLinearProbe(train: FeatureSet, numClasses: number, options = DEFAULTS): Promise<LinearProbe> {
  const moments = momentsOf(train);
  const inputs = toInputs(train, moments);
  const wanted = oneHot(train.labels, numClasses);
  const weights = fit(inputs, wanted, await curvatureOf(inputs), options);
  tf.dispose([inputs, wanted]);
  return { weights, moments };
}

/** Accuracy on `test`, 0..1, of a linear classifier that was fitted to `train`. Leaves no tensor. */
export async function scoreLinearProbe(train: FeatureSet, test: FeatureSet, numClasses: number, options = DEFAULTS): Promise<number> {
  const { weights, moments } = await fitLinearProbe(train, numClasses, options);
  const guesses = tf.tidy(() => tf.argMax(tf.matMul(toInputs(test, moments), weights), 1));
  const accuracy = accuracyOf(await guesses.data(), test.labels);
  tf.dispose([weights, guesses]);
  return accuracy;
}
