// Square crops at the picture's own scale.

import type { Picture } from './picture.js';

/** Copies the square whose top left corner is at (x, y); it must lie inside the picture. */
export function copyCrop({ dataHWC, width }: Picture, x: number, y: number, side: number, patchHWC: Float32Array): void {
  for (let row = 0; row < side; row++) {
    const from = ((y + row) * width + x) * 3;
    patchHWC.set(dataHWC.subarray(from, from + side * 3), row * side * 3);
  }
}
