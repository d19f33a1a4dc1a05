// What an objective measured over a microbatch, summed: tensors on the device first, numbers by name once they are read.

import * as tf from '@tensorflow/tfjs-core';
import type { WeightedSum, Weights } from '../../shared/protocol/messages.js';
import { MAIN_PLAYER } from '../../shared/state/spec.js';
import type { Measured, Outcome, Term } from '../tasks/objective.js';

interface SummedMeasure {
  readonly name: string;
  readonly sum: tf.Scalar;
  /** Undefined where the samples' own weights count. */
  readonly weight: tf.Scalar | undefined;
}

interface PlayerWeight {
  readonly name: string;
  readonly weight: tf.Scalar | undefined;
}

export interface SummedOutcome {
  /** The sum of all terms: what gradients are taken of. */
  readonly loss: tf.Scalar;
  readonly terms: readonly SummedMeasure[];
  readonly metrics: readonly SummedMeasure[];
  readonly players: readonly PlayerWeight[];
  readonly rows: Readonly<Record<string, tf.Tensor2D>>;
}

const total = (values: tf.Tensor): tf.Scalar => tf.sum(values);

/** Sums over samples. Call inside tf.tidy; owns nothing. */
export function sumOutcome({ terms, metrics, rows = {} }: Outcome, weightsB: tf.Tensor1D): SummedOutcome {
  const sumAll = (measures: Readonly<Record<string, Measured>>): SummedMeasure[] =>
    Object.entries(measures).map(([name, { perSample, weight }]) =>
      ({ name, sum: total(tf.mul(perSample, weight ?? weightsB)), weight: weight && total(weight) }));
  const summed = sumAll(terms);
  return {
    loss: summed.map(({ sum }) => sum).reduce((sum, each) => tf.add(sum, each)),
    terms: summed,
    metrics: sumAll(metrics),
    players: weighPlayers(Object.values(terms), weightsB),
    rows,
  };
}

/** A sample counts for a player as much as the largest of its weights in the player's terms. */
function weighPlayers(terms: readonly Term[], weightsB: tf.Tensor1D): PlayerWeight[] {
  const names = [...new Set(terms.map(({ player = MAIN_PLAYER }) => player))];
  return names.map((name) => {
    const own = terms.filter(({ player = MAIN_PLAYER }) => player === name).map(({ weight }) => weight);
    if (own.every((weight) => weight === undefined)) return { name, weight: undefined };
    const largest = own.map((weight) => weight ?? weightsB).reduce((most, weight) => tf.maximum(most, weight));
    return { name, weight: total(largest) };
  });
}

/** The tensors to read, in the order that `readOutcome` takes their numbers in. */
export function listOutcome({ terms, metrics, players }: SummedOutcome): tf.Scalar[] {
  const sums = [...terms, ...metrics].map(({ sum }) => sum);
  return [...sums, ...[...terms, ...metrics, ...players].flatMap(({ weight }) => weight ?? [])];
}

export interface ReadOutcome {
  readonly weights: Weights;
  readonly terms: Readonly<Record<string, WeightedSum>>;
  readonly metrics: Readonly<Record<string, WeightedSum>>;
}

/** The numbers of `listOutcome` by name. `samples` is the weight of the microbatch. */
export function readOutcome({ terms, metrics, players }: SummedOutcome, numbers: Float32Array, samples: number): ReadOutcome {
  let next = 0;
  const sums = [...terms, ...metrics].map(() => numbers[next++]!);
  const weightOf = ({ weight }: { readonly weight: tf.Scalar | undefined }): number => (weight ? numbers[next++]! : samples);
  const measured = [...terms, ...metrics].map((each, index) => [each.name, { sum: sums[index]!, weight: weightOf(each) }] as const);
  const weights = players.map((player) => [player.name, weightOf(player)] as const);
  return {
    weights: { samples, ...Object.fromEntries(weights) },
    terms: Object.fromEntries(measured.slice(0, terms.length)),
    metrics: Object.fromEntries(measured.slice(terms.length)),
  };
}
