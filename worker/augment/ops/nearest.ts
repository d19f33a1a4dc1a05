// Numbers of pixels that are no amounts, such as classes: a box of them is scaled by taking those that lie there, and mixing none.

import type { Box } from './resized-crop.js';

/** Numbers of a picture, [H, W]. */
export interface Numbers {
  readonly valuesHW: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Where the centre of each of `side` equal parts of a stretch lies. */
const placesIn = (start: number, length: number, limit: number, side: number): number[] =>
  Array.from({ length: side }, (_, i) => Math.min(Math.max(Math.floor(start + ((i + 0.5) * length) / side), 0), limit - 1));

/** The box that `copyResized` would scale a picture's colours of, side * side numbers, mirrored left and right where that is asked for. */
export function copyNearest({ valuesHW, height, width }: Numbers, box: Box, side: number, isMirrored = false): Uint8Array {
  const [rows, columns] = [placesIn(box.y, box.height, height, side), placesIn(box.x, box.width, width, side)];
  if (isMirrored) columns.reverse();
  return Uint8Array.from(rows.flatMap((row) => columns.map((column) => valuesHW[row * width + column]!)));
}
