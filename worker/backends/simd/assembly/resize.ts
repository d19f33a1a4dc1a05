// Bilinear resizing of NHWC images and its gradient, by the rules of TensorFlow: corners aligned, pixels' centres halved, or
// neither. One image a chunk.

import { int, pointer } from './arguments';
import { Resize } from './slots';

// The quotient of rowsIn and rowsOut is the step between neighbouring places, and so for columns.

/** Where an output place reads along one dimension, as an offset from the first place. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function placeOf(i: i32, extentIn: i32, extentOut: i32, isHalf: bool): f64 {
  const step = <f64>extentIn / <f64>extentOut;
  return isHalf ? step * (<f64>i + 0.5) - 0.5 : step * <f64>i;
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function resizeLoop(isGradient: bool, slots: usize, chunk: i32): void {
  const H = int(slots, Resize.H), W = int(slots, Resize.W), C = int(slots, Resize.C), OH = int(slots, Resize.OH);
  const OW = int(slots, Resize.OW);
  const isHalf = int(slots, Resize.isHalf) != 0;
  const x = pointer(slots, Resize.x) + ((chunk * H * W * C) << 2);
  let y = pointer(slots, Resize.y) + ((chunk * OH * OW * C) << 2);
  if (isGradient) memory.fill(x, 0, (H * W * C) << 2);
  for (let i = 0; i < OH; i++) {
    const row = placeOf(i, int(slots, Resize.rowsIn), int(slots, Resize.rowsOut), isHalf), up = max(0, <i32>Math.floor(row));
    const upper = x + ((up * W * C) << 2), lower = x + ((min(H - 1, <i32>Math.ceil(row)) * W * C) << 2);
    const below = <f32>max<f64>(0, row - <f64>up), above: f32 = 1 - below;
    for (let j = 0; j < OW; j++) {
      const column = placeOf(j, int(slots, Resize.columnsIn), int(slots, Resize.columnsOut), isHalf);
      const first = max(0, <i32>Math.floor(column));
      const left = <usize>(first * C) << 2, right = <usize>(min(W - 1, <i32>Math.ceil(column)) * C) << 2;
      const after = <f32>max<f64>(0, column - <f64>first), before: f32 = 1 - after;
      const a = above * before, b = above * after, c = below * before, d = below * after;
      for (let k: usize = 0, end = <usize>C << 2; k < end; k += 4, y += 4) {
        if (isGradient) {
          const slope = load<f32>(y);
          addTo(upper + left + k, a * slope);
          addTo(upper + right + k, b * slope);
          addTo(lower + left + k, c * slope);
          addTo(lower + right + k, d * slope);
        } else {
          const top = a * load<f32>(upper + left + k) + b * load<f32>(upper + right + k);
          store<f32>(y, top + (c * load<f32>(lower + left + k) + d * load<f32>(lower + right + k)));
        }
      }
    }
  }
}

// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
function addTo(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

/** y from x. */
export function resizeBilinear(slots: usize, chunk: i32): void { resizeLoop(false, slots, chunk); }
/** dx (x) from dy (y). */
export function resizeBilinearGradient(slots: usize, chunk: i32): void { resizeLoop(true, slots, chunk); }
