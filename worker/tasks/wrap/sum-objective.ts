// Several tasks as one: the half that learns. Each sees the batch and the network as if it were alone; its losses are multiplied so
// that tasks of one weight lose the same at chance.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { MAIN_PLAYER } from '../../../shared/state/spec.js';
import type { Batch, Measured, Net, Objective, Outcome, Term } from '../objective.js';
import { nameAmong, ownOf, putBehind, takeBehind } from './names.js';
import { BALANCE, factorOf, TURN, type PuzzlePart, type Together } from './sum-puzzle.js';

export interface SumPart extends PuzzlePart {
  readonly objective: Objective;
}

/** The batch and the network as a task alone sees them. */
function isolate({ name }: SumPart, batch: Batch, net: Net): readonly [Batch, Net] {
  return [
    { ...batch, tensors: takeBehind(name, batch.tensors), arrays: takeBehind(name, batch.arrays) },
    { ...net, named: (weights) => ownOf(name, net.named(weights)) },
  ];
}

/** The tasks that a microbatch is for. Its samples have one turn; one that cannot be used has none. */
function isOn(batch: Batch): (part: SumPart, index: number) => boolean {
  const turn = Math.max(...(batch.arrays[TURN] as Int32Array));
  return (_part, index) => turn === 0 || turn === index + 1;
}

/** Zeros that every array of a head is part of, so that each has a gradient: of zeros. */
function touchHead({ name }: SumPart, net: Net, numSamples: number): Tensor1D {
  const head = Object.entries(ownOf(name, net.named())).filter(([array]) => array.startsWith('head/'));
  return head.reduce((zeros, [, array]) => tf.add(zeros, tf.mul(tf.sum(array), 0)), tf.zeros<tf.Rank.R1>([numSamples]));
}

/** What is measured of a task whose turn it is not. */
function measureNothing(part: SumPart, net: Net, numSamples: number): Outcome {
  const { terms, metrics } = part.puzzle;
  const nothing: Measured = { perSample: touchHead(part, net, numSamples), weight: tf.zeros<tf.Rank.R1>([numSamples]) };
  const ofAll = (names: readonly string[]): Record<string, Measured> => Object.fromEntries(names.map((name) => [name, nothing]));
  return { terms: ofAll(terms), metrics: ofAll(Object.keys(metrics)) };
}

/** A task's loss is times its factor, and where numbers are learnt for that times exp(-s). Other players' losses play no part in that. */
function weigh(part: SumPart, { perSample, player = MAIN_PLAYER, ...term }: Term, learnt: tf.Tensor | undefined): Term {
  const weighed = tf.mul<Tensor1D>(perSample, factorOf(part));
  if (player !== MAIN_PLAYER) return { ...term, perSample: weighed, player: nameAmong(part.name, player) };
  return { ...term, perSample: learnt ? tf.mul<Tensor1D>(weighed, tf.exp(tf.neg(learnt))) : weighed };
}

/** Farthest from 0 that a learnt number counts. */
const FARTHEST = 4;

/** The number that is learnt of each task, and what it costs. */
function learntNumbers(net: Net, numTasks: number): { readonly number: tf.Tensor; readonly penalty: tf.Tensor }[] {
  const given = net.named()[`head/${BALANCE}`]!;
  const numbers = tf.clipByValue(given, -FARTHEST, FARTHEST);
  // One that went farther has no gradient but this, which leads it back.
  const penalties = tf.add(numbers, tf.mul(tf.square(tf.sub(given, numbers)), 0.5));
  return Array.from({ length: numTasks }, (_, index) => ({ number: tf.slice(numbers, [index], [1]), penalty: tf.slice(penalties, [index], [1]) }));
}

/** `balance`: `fixed`, or `uncertainty` (Kendall, Gal, Cipolla 2018, "Multi-Task Learning Using Uncertainty to Weigh Losses"). */
export function sumObjectives(parts: readonly SumPart[], balance: Together['balance']): Objective {
  return {
    predict: (batch, net) => Object.assign({}, ...parts.filter(isOn(batch)).map((part) =>
      putBehind(part.name, part.objective.predict(...isolate(part, batch, net))))) as ReturnType<Objective['predict']>,

    losses(predictions, batch, net) {
      const isOnNow = isOn(batch);
      const outcomes = parts.map((part, index) => (isOnNow(part, index)
        ? part.objective.losses(takeBehind(part.name, predictions), ...isolate(part, batch, net))
        : measureNothing(part, net, batch.numSamples)));
      const join = <Value>(of: (outcome: Outcome, part: SumPart) => Readonly<Record<string, Value>>): Record<string, Value> =>
        Object.assign({}, ...outcomes.map((outcome, index) => of(outcome, parts[index]!))) as Record<string, Value>;
      const learnt = balance === 'uncertainty' ? learntNumbers(net, parts.length) : [];
      const penalties = learnt.filter((_learnt, index) => isOnNow(parts[index]!, index)).reduce((sum: tf.Tensor, { penalty }) => tf.add(sum, penalty), tf.zeros([batch.numSamples]));
      return {
        terms: {
          ...join(({ terms }, part) => putBehind(part.name, mapValues(terms, (term) => weigh(part, term, learnt[parts.indexOf(part)]?.number)))),
          ...(balance === 'uncertainty' && { [BALANCE]: { perSample: penalties as Tensor1D } }),
        },
        metrics: join(({ metrics }, { name }) => putBehind(name, metrics)),
        rows: join(({ rows = {} }, { name }) => Object.fromEntries(Object.entries(rows).map(([row, values]) => [nameAmong(name, row), values]))),
      };
    },
  };
}

const mapValues = <From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
