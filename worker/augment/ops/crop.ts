// Square crops at the picture's own scale.

import type { Picture } from './picture.js';

/** The top left corner of a crop, in whole pixels. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** Copies a square, which must lie inside the picture. */
export function copyCrop({ dataHWC, width }: Picture, { x, y }: Corner, side: number, patchHWC: Float32Array): void {
  for (let row = 0; row < side; row++) {
    const from = ((y + row) * width + x) * 3;
    patchHWC.set(dataHWC.subarray(from, from + side * 3), row * side * 3);
  }
}
