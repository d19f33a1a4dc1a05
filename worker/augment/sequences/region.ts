// Which part of the picture the frames of a puzzle show: a square where much moves, clear of the border.

import type { Random } from '../../../shared/random/random.js';
import type { Corner } from '../ops/crop.js';
import { GRID, type Thumbnail } from './motion.js';

/** Regions drawn for each puzzle, of which the liveliest is taken. */
const NUM_REGIONS = 4;

/** Height and width of the frames. */
export interface Extent {
  readonly height: number;
  readonly width: number;
}

/** Whole number in low..high, both included; the middle when there is nothing between. */
export const drawBetween = (random: Random, low: number, high: number): number =>
  high > low ? low + random.int(high - low + 1) : Math.max(0, Math.floor((low + high) / 2));

/** Sum of what changes between the chosen frames inside a crop. */
function motionInside(chosen: readonly Thumbnail[], { x, y }: Corner, side: number, { height, width }: Extent): number {
  const [left, right] = [Math.floor((x / width) * GRID), Math.ceil(((x + side) / width) * GRID)];
  const [top, bottom] = [Math.floor((y / height) * GRID), Math.ceil(((y + side) / height) * GRID)];
  let sum = 0;
  for (let k = 1; k < chosen.length; k++) {
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const cell = row * GRID + column;
        sum += Math.abs(chosen[k]![cell]! - chosen[k - 1]![cell]!);
      }
    }
  }
  return sum;
}

/** Rows and columns that a crop may show: `right` and `bottom` are the first that it may not. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface RegionOptions {
  readonly side: number;
  /** Distance in pixels from the bounds where there is room. */
  readonly margin: number;
  readonly byMotion: boolean;
  readonly bounds: Bounds;
}

/** Top left corner of the crop that all frames have in common. */
export function drawRegion(extent: Extent, chosen: readonly Thumbnail[], random: Random, { side, margin, byMotion, bounds }: RegionOptions): Corner {
  const draw = (): Corner => ({
    x: drawBetween(random, bounds.left + margin, bounds.right - side - margin),
    y: drawBetween(random, bounds.top + margin, bounds.bottom - side - margin),
  });
  const corners = Array.from({ length: byMotion ? NUM_REGIONS : 1 }, draw);
  const scores = corners.map((corner) => motionInside(chosen, corner, side, extent));
  return corners[scores.indexOf(Math.max(...scores))]!;
}
