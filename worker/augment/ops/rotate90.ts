// Rotation by quarter turns, by moving pixels only: nothing is interpolated, so nothing but the content tells the turn.

import { channelsOfPatch } from './picture.js';

/** Where the first output pixel is read, and how far reading moves with each output row and column, in pixels. */
function planWalk(side: number, quarters: number): { first: number; perRow: number; perColumn: number } {
  const last = side - 1;
  if (quarters === 1) return { first: last, perRow: -1, perColumn: side };
  if (quarters === 2) return { first: last * side + last, perRow: -side, perColumn: -1 };
  return { first: last * side, perRow: 1, perColumn: -side };
}

/** Turns a patch by `quarters` (0..3) times 90 degrees counter-clockwise, in place. */
export function rotateQuarters(patchHWC: Float32Array, side: number, quarters: number): void {
  if (quarters === 0) return;
  const channels = channelsOfPatch(patchHWC, side);
  const before = patchHWC.slice();
  const { first, perRow, perColumn } = planWalk(side, quarters);
  let to = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const from = (first + row * perRow + column * perColumn) * channels;
      for (let c = 0; c < channels; c++) patchHWC[to++] = before[from + c]!;
    }
  }
}
