// Rows that samples give to a queue or a bank: how they travel, and what a step makes of them. Each microbatch writes its rows at its
// own place of the vector that travels and zeros elsewhere, so that the sum puts them together exactly, whoever computed them.
// Shape letters: R rows, N rows of a bank, D numbers of a row.

import * as tf from '@tensorflow/tfjs-core';
import { rowWidth, type LayoutEntry } from '../../shared/state/layout.js';
import type { BankSpec, QueueSpec } from '../../shared/state/spec.js';
import { weightedSum } from '../backends/ops.js';
import { toUnitRows } from '../heads/projection.js';
import type { MicrobatchInput } from './forward.js';

type RowsEntry = LayoutEntry<QueueSpec | BankSpec>;

/** The rows of a microbatch, each with its mark, at their place among those of the step. Call inside tf.tidy; owns nothing. */
export function placeRows(entry: RowsEntry, rowsRD: tf.Tensor2D, input: MicrobatchInput): tf.Tensor {
  const marks = entry.kind === 'bank' ? markInstances(entry, input) : markUsable(entry, input);
  const marksR1 = tf.tensor2d(marks, [marks.length, 1]);
  const isGivenR1 = tf.tensor2d(marks.map((mark) => Math.min(mark, 1)), [marks.length, 1]);
  const marked = tf.reshape(tf.concat([tf.mul(rowsRD, isGivenR1), marksR1], 1), [marks.length * rowWidth(entry)]);
  const before = input.microbatch * marked.size;
  return tf.pad(marked, [[before, entry.travelLength - before - marked.size]]);
}

function markUsable({ rowsPerSample }: QueueSpec, { weights }: MicrobatchInput): Float32Array {
  return Float32Array.from({ length: weights.length * rowsPerSample }, (_, row) => (weights[Math.floor(row / rowsPerSample)] === 0 ? 0 : 1));
}

function markInstances({ name }: BankSpec, { weights, instances }: MicrobatchInput): Float32Array {
  if (instances === undefined) throw new Error(`"${name}" has a row for each item, and the microbatch does not say which items it is of.`);
  return weights.map((weight, sample) => (weight === 0 ? 0 : instances[sample]! + 1));
}

export interface TravelledRows {
  /** [R, D] */
  readonly rows: Float32Array;
  /** [R] */
  readonly marks: Float32Array;
}

/** The rows of an array in a travelled vector, in canonical order, without the places whose samples gave none. */
export function takeRows(entry: RowsEntry, gradientSum: Float32Array): TravelledRows {
  const width = rowWidth(entry);
  const dims = width - 1;
  const travelled = gradientSum.subarray(entry.travelOffset, entry.travelOffset + entry.travelLength);
  const rows = new Float32Array((travelled.length / width) * dims);
  const marks = new Float32Array(travelled.length / width);
  let numRows = 0;
  for (let start = 0; start < travelled.length; start += width) {
    if (travelled[start + dims] === 0) continue;
    rows.set(travelled.subarray(start, start + dims), numRows * dims);
    marks[numRows] = travelled[start + dims]!;
    numRows += 1;
  }
  return { rows: rows.slice(0, numRows * dims), marks: marks.slice(0, numRows) };
}

/** A queue after a step: the rows that samples gave behind those that were there; the oldest fall out. Owns nothing. */
export function pushRows(queueRD: tf.Tensor2D, entry: LayoutEntry<QueueSpec>, gradientSum: Float32Array): tf.Tensor2D {
  const { rows, marks: { length: numFresh } } = takeRows(entry, gradientSum);
  const [capacity = 0, dims = 0] = entry.shape;
  if (numFresh === 0) return queueRD.clone();
  if (numFresh >= capacity) return tf.tensor2d(rows.subarray((numFresh - capacity) * dims), [capacity, dims]);
  return tf.concat([tf.slice(queueRD, [numFresh, 0], [capacity - numFresh, dims]), tf.tensor2d(rows, [numFresh, dims])], 0);
}

/** A bank after a step: the rows of its items moved towards what their samples gave. Owns nothing. */
export function moveRows(bankND: tf.Tensor2D, entry: LayoutEntry<BankSpec>, gradientSum: Float32Array): tf.Tensor2D {
  const { momentum, shape: [numItems = 0, dims = 0] } = entry;
  const { instances, means } = averageByInstance(takeRows(entry, gradientSum), dims);
  if (instances.length === 0) return bankND.clone();
  const freshRD = tf.tensor2d(means, [instances.length, dims]);
  const oldRD = tf.gather(bankND, tf.tensor1d(instances, 'int32'));
  const movedRD = toUnitRows(weightedSum(oldRD, momentum, freshRD, 1 - momentum) as tf.Tensor2D);
  // Of the bank with the moved rows behind it, the newest of each item: no backend needs an operation of its own for this.
  const newest = Int32Array.from({ length: numItems }, (_, row) => row);
  instances.forEach((instance, row) => { newest[instance] = numItems + row; });
  return tf.gather(tf.concat([bankND, movedRD], 0), tf.tensor1d(newest, 'int32'));
}

/** The items that gave rows, in the order in which they come first, and the mean row of each. Sums in float64. */
function averageByInstance({ rows, marks }: TravelledRows, dims: number): { readonly instances: Int32Array; readonly means: Float32Array } {
  const sums = new Map<number, { readonly total: Float64Array; count: number }>();
  marks.forEach((mark, row) => {
    const sum = sums.get(mark) ?? { total: new Float64Array(dims), count: 0 };
    for (let d = 0; d < dims; d++) sum.total[d]! += rows[row * dims + d]!;
    sum.count += 1;
    sums.set(mark, sum);
  });
  const means = new Float32Array(sums.size * dims);
  [...sums.values()].forEach(({ total, count }, row) => means.set(total.map((value) => value / count), row * dims));
  return { instances: Int32Array.from(sums.keys(), (mark) => mark - 1), means };
}
