// Which pixels of a picture are taken away: a square in the middle, blocks, or a region of no shape. Blocks and regions are wide, for a thin
// hole is filled by carrying its border on. Masks are [side, side] of zeros and ones.

import type { Random } from '../../../shared/random/random.js';

export type Shape = 'centre' | 'blocks' | 'region';

/** Of the picture: blocks are drawn until they cover as much; a region covers that or up to half more. */
export const LEAST_SHARE = 0.25;
const LARGEST_SHARE = LEAST_SHARE * 1.5;

/** Noise is drawn on so many cells a side, and smoothed. */
const REGION_CELLS = 4;

function fillBox(mask: Float32Array, side: number, [left, top, width, height]: readonly [number, number, number, number]): void {
  for (let y = top; y < top + height; y++) mask.fill(1, y * side + left, y * side + left + width);
}

function drawCentre(mask: Float32Array, side: number): void {
  const half = Math.floor(side / 2);
  const start = Math.floor((side - half) / 2);
  fillBox(mask, side, [start, start, half, half]);
}

/** Boxes of a quarter to a half of the side, which may overlap. */
function drawBlocks(mask: Float32Array, side: number, random: Random): void {
  const length = (): number => Math.max(1, Math.floor(side * random.uniform(0.25, 0.5)));
  let covered = 0;
  while (covered < LEAST_SHARE * mask.length) {
    const [width, height] = [length(), length()];
    fillBox(mask, side, [random.int(side - width + 1), random.int(side - height + 1), width, height]);
    covered = mask.reduce((sum, value) => sum + value, 0);
  }
}

/** The places where smooth noise is highest, as many as a share drawn at random says. */
function drawRegion(mask: Float32Array, side: number, random: Random): void {
  const noise = Float64Array.from({ length: (REGION_CELLS + 1) ** 2 }, () => random.float());
  const at = (y: number, x: number): number => noise[y * (REGION_CELLS + 1) + x]!;
  const heights = Float64Array.from({ length: mask.length }, (_, i) => {
    const [y, x] = [(Math.floor(i / side) / side) * REGION_CELLS, ((i % side) / side) * REGION_CELLS];
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - row, x - column];
    const above = at(row, column) * (1 - right) + at(row, column + 1) * right;
    const below = at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right;
    return above * (1 - down) + below * down;
  });
  const share = random.uniform(LEAST_SHARE, LARGEST_SHARE);
  const level = heights.toSorted()[Math.floor((1 - share) * mask.length)]!;
  heights.forEach((height, i) => (mask[i] = height >= level ? 1 : 0));
}

/** Draws the pixels that are asked for into `mask`, which is zeros. */
export function drawHole(shape: Shape, mask: Float32Array, side: number, random: Random): void {
  if (shape === 'centre') drawCentre(mask, side);
  else if (shape === 'blocks') drawBlocks(mask, side, random);
  else drawRegion(mask, side, random);
}

/** Writes what is left of `mask` without its pixels that lie within `width` pixels of others, of eight neighbours each; the border of the picture is no other. */
export function shrink(mask: Float32Array, side: number, width: number, out: Float32Array): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let isInside = true;
      for (let row = Math.max(y - width, 0); row <= Math.min(y + width, side - 1) && isInside; row++) {
        for (let column = Math.max(x - width, 0); column <= Math.min(x + width, side - 1) && isInside; column++) isInside = mask[row * side + column] === 1;
      }
      out[y * side + x] = isInside ? 1 : 0;
    }
  }
}

/** Fills what `hole` marks from its border inwards: each pixel that has neighbours, of eight, becomes their mean. In place; a baseline. */
export function fillInwards(pictureHWC: Float32Array, hole: Float32Array, side: number): void {
  const channels = pictureHWC.length / hole.length;
  const isMissing = Uint8Array.from(hole);
  let reached = [...isMissing.keys()].filter((i) => isMissing[i] === 1 && neighboursOf(i, side).some((j) => isMissing[j] === 0));
  while (reached.length > 0) {
    for (const i of reached) {
      const known = neighboursOf(i, side).filter((j) => isMissing[j] === 0);
      for (let c = 0; c < channels; c++) pictureHWC[i * channels + c] = known.reduce((sum, j) => sum + pictureHWC[j * channels + c]!, 0) / known.length;
    }
    for (const i of reached) isMissing[i] = 0;
    reached = [...new Set(reached.flatMap((i) => neighboursOf(i, side)))].filter((i) => isMissing[i] === 1);
  }
}

function neighboursOf(i: number, side: number): number[] {
  const [y, x] = [Math.floor(i / side), i % side];
  const found: number[] = [];
  for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, side - 1); row++) {
    for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, side - 1); column++) if (row !== y || column !== x) found.push(row * side + column);
  }
  return found;
}
