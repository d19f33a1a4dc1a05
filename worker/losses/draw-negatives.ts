// Which rows of a bank the samples of a microbatch are told from: the same for all of them, and never a sample's own.
// Shape letters: B samples, R rows.

import type { Random } from '../../shared/random/random.js';

export interface Negatives {
  /** [R], R = count + 1: rows of the bank. */
  readonly rows: Int32Array;
  /** [B, R]: 1 for the one row that each sample leaves out, which is its own where that is among them. */
  readonly leftOut: Float32Array;
}

/** `count` numbers of 0..limit-1, all different, in no order that means anything (Floyd's method: at a cost of `count` alone). */
function drawDistinct(random: Random, count: number, limit: number): Int32Array {
  const drawn = new Set<number>();
  for (let top = limit - count; top < limit; top++) {
    const number = random.int(top + 1);
    drawn.add(drawn.has(number) ? top : number);
  }
  return Int32Array.from(drawn);
}

/** Each sample has `count` negatives, any of the bank's other rows as likely as the next. `count` is less than `numRows`. */
export function drawNegatives(random: Random, count: number, numRows: number, ownRows: ArrayLike<number>): Negatives {
  const rows = drawDistinct(random, count + 1, numRows);
  const spare = random.int(rows.length);
  const leftOut = new Float32Array(ownRows.length * rows.length);
  for (let sample = 0; sample < ownRows.length; sample++) {
    const place = rows.indexOf(ownRows[sample]!);
    leftOut[sample * rows.length + (place < 0 ? spare : place)] = 1;
  }
  return { rows, leftOut };
}
