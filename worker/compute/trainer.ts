// One replica: its state as tensors, the gradient of a microbatch, the update. Leaves out where data come from and who averages.
// Shape letters: B samples.

import * as tf from '@tensorflow/tfjs-core';
import type { Layout, LayoutEntry } from '../../shared/state/layout.js';
import { isAllFinite } from '../../shared/tensors/all-finite.js';
import { markNotFinite } from '../backends/ops.js';
import { readInto, type Reading } from '../backends/read.js';
import type { NamedTensors, Statistics } from '../models/model.js';
import type { TrainerParts } from './build-parts.js';
import { passForward, type MicrobatchInput } from './forward.js';
import { listFrozen } from './frozen.js';
import { listOutcome, readOutcome, sumOutcome, type ReadOutcome, type SummedOutcome } from './outcome.js';
import { placeRows } from './rows.js';
import { updateState, type StateArrays, type StepSums } from './update.js';


export interface MicrobatchResult extends ReadOutcome {
  /** False when a loss or some gradient is not a finite number. */
  readonly isFinite: boolean;
}

export interface Trainer {
  /** Replaces the state, [stateLength]. */
  load(state: Float32Array): void;
  /** Forward and backward of a sum of losses; what travels, [gradientLength], is written to `gradient`. Reads from the device once. */
  computeGradient(input: MicrobatchInput, gradient: Float32Array): Promise<MicrobatchResult>;
  /** Applies what travelled, summed over a step. A step without usable samples leaves the state as it is. */
  update(sums: StepSums): void;
  /** Writes the whole state, [stateLength]. Reads from the device once. */
  save(state: Float32Array): Promise<void>;
  dispose(): void;
}

/** What a forward pass gives besides its loss. The tensors outlive the pass; its caller disposes them. */
interface Seen {
  readonly statistics: Statistics;
  readonly outcome: SummedOutcome;
}

const tensorsOf = ({ statistics, outcome }: Seen): tf.Tensor[] => [...Object.values(statistics), ...listOutcome(outcome), ...Object.values(outcome.rows)];

/** A replica without a state yet: `load` one first. Owns its tensors until `dispose`. */
export function createTrainer(parts: TrainerParts): Trainer {
  const { layout } = parts;
  let arrays: StateArrays = [];

  function replace(next: StateArrays): void {
    for (const tensor of arrays.flat()) tensor.dispose();
    arrays = next;
  }

  function load(state: Float32Array): void {
    replace(toTensors(layout, state));
  }

  /** The weighted sum of losses as a function of the arrays that the step trains; hands over what it saw besides. */
  function lossOf(input: MicrobatchInput, frozen: ReadonlySet<string>, onSeen: (seen: Seen) => void) {
    return (...values: tf.Tensor[]): tf.Scalar => {
      const left = [...values];
      const current = Object.fromEntries(layout.entries.map((entry, index) => [entry.name, isTrained(entry, frozen) ? left.shift()! : arrays[index]![0]!]));
      const seen = runForward(parts, input, current, frozen);
      for (const tensor of tensorsOf(seen)) tf.keep(tensor);
      onSeen(seen);
      return seen.outcome.loss;
    };
  }

  async function computeGradient(input: MicrobatchInput, gradient: Float32Array): Promise<MicrobatchResult> {
    let seen!: Seen;
    const { travelling, measured, flaws } = tf.tidy(() => {
      const frozen = listFrozen(parts, input.step);
      const values = layout.entries.flatMap((entry, index) => (isTrained(entry, frozen) ? [arrays[index]![0]!] : []));
      const compute = lossOf(input, frozen, (each) => { seen = each; });
      const all = joinFlat(listTravelling(layout, { gradients: gradientsOf(compute, values), frozen, input, ...seen }));
      const results = { travelling: all, measured: joinFlat(listOutcome(seen.outcome)), flaws: markNotFinite(all) };
      tf.dispose(tensorsOf(seen));
      return results;
    });
    const [numbers, marks] = [new Float32Array(measured.size), new Float32Array(flaws?.size ?? 0)];
    await take([[travelling, gradient], [measured, numbers], ...(flaws ? [[flaws, marks] as const] : [])]);
    const isFinite = isAllFinite(numbers) && (flaws ? marks.every((mark) => mark === 0) : isAllFinite(gradient));
    return { ...readOutcome(seen.outcome, numbers, sumOf(input.weights)), isFinite };
  }

  function update(sums: StepSums): void {
    if (!sums.weights['samples']) return;
    replace(tf.tidy(() => updateState(parts, arrays, sums).map((tensors) => tensors.map((tensor) => tf.keep(tensor)))));
  }

  async function save(state: Float32Array): Promise<void> {
    const all = tf.tidy(() => joinFlat([...arrays.map(([value]) => value!), ...arrays.flatMap(([, ...slots]) => slots)]));
    await take([[all, state]]);
  }

  return { load, computeGradient, update, save, dispose: () => replace([]) };
}

function toTensors({ entries }: Layout, state: Float32Array): StateArrays {
  return entries.map(({ shape, offset, length, slots, slotOffset }) =>
    [offset, ...slots.map((_, slot) => slotOffset + slot * length)].map((start) =>
      // A copy: backends may keep the array they are given.
      tf.tensor(state.slice(start, start + length), [...shape])));
}

const isTrained = ({ kind, name }: LayoutEntry, frozen: ReadonlySet<string>): boolean => kind === 'trained' && !frozen.has(name);

/** tfjs differentiates by one array at least. */
const gradientsOf = (compute: (...values: tf.Tensor[]) => tf.Scalar, values: tf.Tensor[]): readonly tf.Tensor[] => {
  if (values.length > 0) return tf.valueAndGrads(compute)(values).grads;
  compute();
  return [];
};

interface Passed extends Seen {
  /** Of the arrays that the step trains, in their order. */
  readonly gradients: readonly tf.Tensor[];
  readonly frozen: ReadonlySet<string>;
  readonly input: MicrobatchInput;
}

/**
 * The gradient of each trained array; of a statistic what was seen, weighted, so that a sum over microbatches can be averaged; rows.
 * Zeros of what is frozen.
 */
function listTravelling({ entries }: Layout, { gradients, frozen, statistics, outcome, input }: Passed): tf.Tensor[] {
  const factor = tf.scalar(sumOf(input.weights));
  const left = [...gradients];
  return entries.flatMap((entry) => {
    if (frozen.has(entry.name)) return tf.zeros([...entry.shape]);
    if (entry.kind === 'trained') return left.shift()!;
    if (entry.kind === 'statistic') return tf.mul(statistics[entry.name]!, factor);
    return entry.kind === 'queue' || entry.kind === 'bank' ? placeRows(entry, outcome.rows[entry.name]!, input) : [];
  });
}

function runForward(parts: TrainerParts, input: MicrobatchInput, values: NamedTensors, frozen: ReadonlySet<string>): Seen {
  const passed = passForward(parts, input, values, frozen);
  const outcome = sumOutcome(passed.outcome, tf.tensor1d(input.weights));
  const statistics = Object.fromEntries(Object.entries(passed.statistics).map(([name, each]) => [name, each.clone()]));
  return { statistics, outcome };
}

const sumOf = (weights: Float32Array): number => weights.reduce((sum, value) => sum + value, 0);

/** All elements of the tensors, one tensor after another. */
function joinFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size])));
}

/** Writes what tensors hold into arrays; disposes the tensors. Asynchronous because WebGPU cannot wait. */
async function take(readings: readonly Reading[]): Promise<void> {
  try {
    await readInto(readings);
  } finally {
    for (const [tensor] of readings) tensor.dispose();
  }
}
