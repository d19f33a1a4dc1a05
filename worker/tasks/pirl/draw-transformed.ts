// The transformed picture of PIRL: its cells in a random order, or the whole turned.

import type { Random } from '../../../shared/random/random.js';
import type { Picture } from '../../augment/ops/picture.js';
import { drawBox } from '../../augment/ops/resized-crop.js';
import { rotateQuarters } from '../../augment/ops/rotate90.js';
import { drawView, drawViewOf, type ViewSettings } from '../../augment/views.js';

const GRID = 3;
export const NUM_CELLS = GRID ** 2;

/** Smallest crop that is divided into cells, as a share of the picture's area, and what a patch leaves of its cell's side, as in the paper. */
const MIN_AREA = 0.6;
const GAP = 0.25;

/** Shorter cells have nothing to recognise, in pixels. */
const LEAST_CELL = 4;

/** Writes a patch of each cell to `bytes`, [9, side, side, C], in any order. Returns false where the picture is too small to be cut. */
export function drawCells(picture: Picture, random: Random, settings: ViewSettings, bytes: Uint8Array): boolean {
  if (Math.min(picture.height, picture.width) < LEAST_CELL * GRID) return false;
  const box = drawBox(picture, random, MIN_AREA);
  const [height, width] = [box.height / GRID, box.width / GRID];
  const length = bytes.length / NUM_CELLS;
  random.permutation(NUM_CELLS).forEach((cell, place) => {
    const x = box.x + ((cell % GRID) + GAP * random.float()) * width;
    const y = box.y + (Math.floor(cell / GRID) + GAP * random.float()) * height;
    const patch = { x, y, width: (1 - GAP) * width, height: (1 - GAP) * height };
    drawViewOf({ picture, box: patch }, random, settings, bytes.subarray(place * length, (place + 1) * length));
  });
  return true;
}

/** Writes a view, turned by one, two or three quarters, to `bytes`, [side, side, C]. */
export function drawTurned(picture: Picture, random: Random, settings: ViewSettings, bytes: Uint8Array): void {
  drawView(picture, random, settings, bytes);
  const numbers = Float32Array.from(bytes);
  rotateQuarters(numbers, settings.side, 1 + random.int(3));
  bytes.set(numbers);
}
