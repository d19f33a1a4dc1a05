// Moving floats about without changing them: padding, slicing, transposing, joining.

import { float, int, pointer } from './arguments';

/** Copies floats, in vectors: memory.copy is a call out of the module and slow for short runs. */
// @ts-ignore: decorator
@inline
function copyFloats(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v128.load(from + (i << 2)));
  for (; i < count; i++) store<u32>(to + (i << 2), load<u32>(from + (i << 2)));
}

// @ts-ignore: decorator
@inline
function fillFloats(to: usize, value: f32, count: i32): void {
  const v = f32x4.splat(value);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v);
  for (; i < count; i++) store<f32>(to + (i << 2), value);
}

/**
 * One image a chunk into a frame of a constant.
 * Slots: x, y, height, row floats, frame height, frame row floats, top, left floats, constant.
 */
export function frame(slots: usize, chunk: i32): void {
  const height = int(slots, 2), row = int(slots, 3), frameHeight = int(slots, 4), frameRow = int(slots, 5);
  const top = int(slots, 6), left = int(slots, 7), constant = float(slots, 8);
  let from = pointer(slots, 0) + ((chunk * height * row) << 2);
  let to = pointer(slots, 1) + ((chunk * frameHeight * frameRow) << 2);
  fillFloats(to, constant, top * frameRow);
  to += (top * frameRow) << 2;
  for (let y = 0; y < height; y++) {
    fillFloats(to, constant, left);
    to += left << 2;
    copyFloats(to, from, row);
    to += row << 2;
    from += row << 2;
    fillFloats(to, constant, frameRow - left - row);
    to += (frameRow - left - row) << 2;
  }
  fillFloats(to, constant, (frameHeight - top - height) * frameRow);
}

/**
 * y[i][j][k][l] = x at strides (elements, may be 0 or anything), innermost stride 1 copied as runs. One i a chunk.
 * Both sides have strides, so that it slices, tiles, transposes, joins and scatters. Elements are 4 bytes.
 * Slots: x, y, d0..d3, x's strides 0..3, y's strides 0..3.
 */
export function copyStrided(slots: usize, chunk: i32): void {
  const d1 = int(slots, 3), d2 = int(slots, 4), d3 = int(slots, 5);
  const x1 = int(slots, 7) << 2, x2 = int(slots, 8) << 2, x3 = int(slots, 9) << 2;
  const y1 = int(slots, 11) << 2, y2 = int(slots, 12) << 2, y3 = int(slots, 13) << 2;
  const x = pointer(slots, 0) + ((chunk * int(slots, 6)) << 2);
  const y = pointer(slots, 1) + ((chunk * int(slots, 10)) << 2);
  for (let j = 0; j < d1; j++) {
    let from = x + j * x1, to = y + j * y1;
    for (let k = 0; k < d2; k++, from += x2, to += y2) {
      if (x3 == 4 && y3 == 4) copyFloats(to, from, d3);
      else {
        let a = from, b = to;
        for (let l = 0; l < d3; l++, a += x3, b += y3) store<u32>(b, load<u32>(a));
      }
    }
  }
}

/** Rows by index, one of `outer` a chunk. Slots: x, indices (int32), y, indices count, axis length, inner floats. */
export function gather(slots: usize, chunk: i32): void {
  const count = int(slots, 3), length = int(slots, 4), inner = int(slots, 5);
  const x = pointer(slots, 0) + ((chunk * length * inner) << 2);
  const indices = pointer(slots, 1);
  let y = pointer(slots, 2) + ((chunk * count * inner) << 2);
  for (let i = 0; i < count; i++, y += inner << 2) {
    copyFloats(y, x + ((load<i32>(indices + (i << 2)) * inner) << 2), inner);
  }
}
