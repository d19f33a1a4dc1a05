// A classifier that looks where it wants: one learnt query weighs the places of a frozen map, and a linear classifier reads their weighed mean.
// It begins as the linear probe, with all places alike, and goes down with Adam over all items at once, so nothing is random.
// Shape letters: N items, P places, D numbers each, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { accuracyOf, type FeatureSet } from './feature-set.js';
import { fitLinearProbe, oneHot, standardise, type Moments } from './linear-probe.js';

/** Rows of places: [N, P, D]. */
export interface PlaceSet {
  readonly placesNPD: Float32Array;
  readonly numDims: number;
  /** [N], 0..numClasses-1. */
  readonly labels: Int32Array;
}

export interface AttentiveProbeOptions {
  readonly numSteps: number;
  /** Falls to 0 along half a cosine. */
  readonly learningRate: number;
  /** Times half the squared weights, added to the mean cross-entropy. */
  readonly weightDecay: number;
}

const DEFAULTS = { numSteps: 100, learningRate: 0.02 };
const LINEAR_STEPS = 200;
const DECAYS: readonly [number, ...number[]] = [0.01, 0.1];
/** Items below which a quarter says nothing. */
const LEAST_TO_CHOOSE = 40;
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

/** `query` [D, 1]; `weights` [D+1, K], the last row a bias. */
export interface AttentiveWeights {
  readonly query: Tensor2D;
  readonly weights: Tensor2D;
}

/** What the weights make of places, [N, K], and on the way the weighed means with a last column of ones, and the shares of the places. Call inside tf.tidy. */
function look(placesNPD: Tensor3D, { query, weights }: AttentiveWeights) {
  const [numItems, numPlaces, numDims] = placesNPD.shape;
  const scores = tf.mul(tf.matMul(tf.reshape<tf.Rank.R2>(placesNPD, [-1, numDims]), query), 1 / Math.sqrt(numDims));
  const sharesNP: Tensor2D = tf.softmax(tf.reshape<tf.Rank.R2>(scores, [numItems, numPlaces]));
  const means = tf.sum<Tensor2D>(tf.mul(placesNPD, tf.expandDims(sharesNP, 2)), 1);
  const meansND: Tensor2D = tf.concat([means, tf.ones([numItems, 1])], 1);
  return { sharesNP, meansND, logitsNK: tf.matMul(meansND, weights) };
}

/** Of the mean cross-entropy and the decay. Call inside tf.tidy. */
export function attentiveGradient(placesNPD: Tensor3D, wantedNK: Tensor2D, given: AttentiveWeights, weightDecay: number): AttentiveWeights {
  const [numItems, numPlaces, numDims] = placesNPD.shape;
  const { sharesNP, meansND, logitsNK } = look(placesNPD, given);
  const errorNK: Tensor2D = tf.div(tf.sub(tf.softmax(logitsNK), wantedNK), numItems);
  const ofMeansND = tf.matMul(errorNK, tf.slice(given.weights, [0, 0], [numDims, -1]), false, true);
  const ofSharesNP = tf.sum<Tensor2D>(tf.mul(placesNPD, tf.expandDims(ofMeansND, 1)), 2);
  const ofScoresNP = tf.mul(sharesNP, tf.sub(ofSharesNP, tf.sum(tf.mul(sharesNP, ofSharesNP), 1, true)));
  const ofQuery = tf.matMul(tf.reshape<tf.Rank.R2>(placesNPD, [-1, numDims]), tf.reshape<tf.Rank.R2>(ofScoresNP, [numItems * numPlaces, 1]), true);
  return {
    query: tf.add(tf.mul(ofQuery, 1 / Math.sqrt(numDims)), tf.mul(given.query, weightDecay)),
    weights: tf.add(tf.matMul(meansND, errorNK, true), tf.mul(given.weights, weightDecay)),
  };
}

/** Weights, and the means of their gradient and of its square that Adam keeps. */
type Moved = Readonly<Record<'value' | 'first' | 'second', Tensor2D>>;

/** A step of Adam (Kingma and Ba 2015), counted from 1. */
function move({ value, first, second }: Moved, gradient: Tensor2D, step: number, rate: number): Moved {
  const nextFirst: Tensor2D = tf.add(tf.mul(first, BETA_1), tf.mul(gradient, 1 - BETA_1));
  const nextSecond: Tensor2D = tf.add(tf.mul(second, BETA_2), tf.mul(tf.mul(gradient, gradient), 1 - BETA_2));
  const spread = tf.add(tf.sqrt(tf.div(nextSecond, 1 - BETA_2 ** step)), EPSILON);
  return { value: tf.sub(value, tf.mul(tf.div(nextFirst, spread), rate / (1 - BETA_1 ** step))), first: nextFirst, second: nextSecond };
}

const begin = (value: Tensor2D): Moved => ({ value, first: tf.zerosLike(value), second: tf.zerosLike(value) });

/** From the weights of the linear probe, which it disposes. The caller disposes what it gives. */
function fitAttentiveProbe(placesNPD: Tensor3D, wantedNK: Tensor2D, linear: Tensor2D, { numSteps, learningRate, weightDecay }: AttentiveProbeOptions): AttentiveWeights {
  let state = { query: begin(tf.zeros([placesNPD.shape[2], 1])), weights: begin(linear) };
  for (let step = 1; step <= numSteps; step++) {
    const rate = (learningRate * (1 + Math.cos((Math.PI * (step - 1)) / numSteps))) / 2;
    const next = tf.tidy(() => {
      const gradient = attentiveGradient(placesNPD, wantedNK, { query: state.query.value, weights: state.weights.value }, weightDecay);
      return { query: move(state.query, gradient.query, step, rate), weights: move(state.weights, gradient.weights, step, rate) };
    });
    tf.dispose(state);
    state = next;
  }
  tf.dispose([state.query.first, state.query.second, state.weights.first, state.weights.second]);
  return { query: state.query.value, weights: state.weights.value };
}

/** Means over places: what the linear probe sees. */
function averagePlaces({ placesNPD, numDims, labels }: PlaceSet): FeatureSet {
  const featuresND = new Float32Array(labels.length * numDims);
  const length = placesNPD.length / labels.length;
  placesNPD.forEach((value, i) => { featuresND[Math.floor(i / length) * numDims + (i % numDims)]! += (value * numDims) / length; });
  return { featuresND, numDims, labels };
}

const toTensor = ({ placesNPD, numDims, labels }: PlaceSet, moments: Moments): Tensor3D =>
  tf.tensor3d(standardise(placesNPD, moments), [labels.length, placesNPD.length / labels.length / numDims, numDims]);

export interface Judgement {
  /** 0..1. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
}

/** How well an attentive probe that was fitted to `train` with given options does on `test`. Leaves no tensor. */
export async function judgeAttentiveProbe(train: PlaceSet, test: PlaceSet, numClasses: number, options: AttentiveProbeOptions): Promise<Judgement> {
  // Means over places have deviation 1, so that the probe begins where the linear one ends.
  const { weights: linear, moments } = await fitLinearProbe(averagePlaces(train), numClasses, { numSteps: LINEAR_STEPS, weightDecay: options.weightDecay });
  const [places, wanted] = [toTensor(train, moments), oneHot(train.labels, numClasses)];
  const fitted = fitAttentiveProbe(places, wanted, linear, options);
  tf.dispose([places, wanted]);
  const { guesses, loss } = tf.tidy(() => {
    const { logitsNK } = look(toTensor(test, moments), fitted);
    return { guesses: tf.argMax(logitsNK, 1), loss: tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logitsNK), oneHot(test.labels, numClasses)), 1))) };
  });
  const judgement = { accuracy: accuracyOf(await guesses.data(), test.labels), loss: (await loss.data())[0]! };
  tf.dispose([fitted.query, fitted.weights, guesses, loss]);
  return judgement;
}

/** Every fourth item, or the others. */
function selectFourth({ placesNPD, numDims, labels }: PlaceSet, isWanted: boolean): PlaceSet {
  const chosen = [...labels.keys()].filter((item) => (item % 4 === 3) === isWanted);
  const length = placesNPD.length / labels.length;
  const places = new Float32Array(chosen.length * length);
  chosen.forEach((item, row) => places.set(placesNPD.subarray(item * length, (item + 1) * length), row * length));
  return { placesNPD: places, numDims, labels: Int32Array.from(chosen, (item) => labels[item]!) };
}

/**
 * Accuracy on `test`, 0..1, of an attentive probe that was fitted to `train`. Which decay suits the features is found out on a quarter of
 * `train`, by the loss there; of equal ones the first. Leaves no tensor.
 */
export async function scoreAttentiveProbe(train: PlaceSet, test: PlaceSet, numClasses: number): Promise<number> {
  let best = { weightDecay: DECAYS[0], loss: Infinity };
  if (train.labels.length >= LEAST_TO_CHOOSE) {
    const [fitted, held] = [selectFourth(train, false), selectFourth(train, true)];
    for (const weightDecay of DECAYS) {
      const { loss } = await judgeAttentiveProbe(fitted, held, numClasses, { ...DEFAULTS, weightDecay });
      if (loss < best.loss) best = { weightDecay, loss };
    }
  }
  return (await judgeAttentiveProbe(train, test, numClasses, { ...DEFAULTS, weightDecay: best.weightDecay })).accuracy;
}
