// Moving floats about without changing them: padding, slicing, transposing, joining.

import { int, pointer } from './arguments';
import { CopyStrided, Frame, Gather } from './slots';

/** Copies floats, in vectors: memory.copy is a call out of the module and slow for short runs. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function copyFloats(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v128.load(from + (i << 2)));
  for (; i < count; i++) store<u32>(to + (i << 2), load<u32>(from + (i << 2)));
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function clearFloats(to: usize, count: i32): void {
  const v = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v);
  for (; i < count; i++) store<f32>(to + (i << 2), 0);
}

/** One image a chunk into a frame of zeros. */
export function frame(slots: usize, chunk: i32): void {
  const height = int(slots, Frame.height), row = int(slots, Frame.rowFloats), frameHeight = int(slots, Frame.frameHeight);
  const frameRow = int(slots, Frame.frameRowFloats);
  const top = int(slots, Frame.top), left = int(slots, Frame.leftFloats);
  let from = pointer(slots, Frame.x) + ((chunk * height * row) << 2);
  let to = pointer(slots, Frame.y) + ((chunk * frameHeight * frameRow) << 2);
  clearFloats(to, top * frameRow);
  to += (top * frameRow) << 2;
  for (let y = 0; y < height; y++) {
    clearFloats(to, left);
    to += left << 2;
    copyFloats(to, from, row);
    to += row << 2;
    from += row << 2;
    clearFloats(to, frameRow - left - row);
    to += (frameRow - left - row) << 2;
  }
  clearFloats(to, (frameHeight - top - height) * frameRow);
}

/**
 * y[i][j][k][l] = x at strides (elements, may be 0 or anything), innermost stride 1 copied as runs. One i a chunk.
 * Both sides have strides, so that it slices, tiles, transposes, joins and scatters. Elements are 4 bytes.
 * d1..d3 are extents, x0..x3 and y0..y3 strides.
 */
export function copyStrided(slots: usize, chunk: i32): void {
  const d1 = int(slots, CopyStrided.d1), d2 = int(slots, CopyStrided.d2), d3 = int(slots, CopyStrided.d3);
  const x1 = int(slots, CopyStrided.x1) << 2, x2 = int(slots, CopyStrided.x2) << 2, x3 = int(slots, CopyStrided.x3) << 2;
  const y1 = int(slots, CopyStrided.y1) << 2, y2 = int(slots, CopyStrided.y2) << 2, y3 = int(slots, CopyStrided.y3) << 2;
  const x = pointer(slots, CopyStrided.x) + ((chunk * int(slots, CopyStrided.x0)) << 2);
  const y = pointer(slots, CopyStrided.y) + ((chunk * int(slots, CopyStrided.y0)) << 2);
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

/** Rows of `inner` floats by index (int32) along an axis of `length`, one of the outer indices a chunk. */
export function gather(slots: usize, chunk: i32): void {
  const count = int(slots, Gather.count), length = int(slots, Gather.length), inner = int(slots, Gather.inner);
  const x = pointer(slots, Gather.x) + ((chunk * length * inner) << 2);
  const indices = pointer(slots, Gather.indices);
  let y = pointer(slots, Gather.y) + ((chunk * count * inner) << 2);
  for (let i = 0; i < count; i++, y += inner << 2) {
    copyFloats(y, x + ((load<i32>(indices + (i << 2)) * inner) << 2), inner);
  }
}
