// Statistics of small pictures: copies, colours, an up direction. Pure.
// Shape letters: H rows, W columns, C channels.

import { countChannels, type Frames } from '../../worker/decode/frames.js';

/** A picture of SIDE by SIDE cells. */
export interface Thumbnail {
  /** Mean of the channels, 0..255, row by row. */
  readonly grey: Float64Array;
  /** Mean difference of channels, 0 where the picture is grey. */
  readonly colour: number;
}

export const SIDE = 8;
/** Channels that grey pictures, compressed, still differ by. */
const GREY_BELOW = 3;
/** Range of the cells of a picture of one colour. */
const CONSTANT_BELOW = 3;
/** Mean difference of the cells of two pictures that show the same. */
const NEAR_BELOW = 3;

/** Of the first frame. */
export function toThumbnail(frames: Frames): Thumbnail {
  const { dataNHWC, height, width } = frames;
  const channels = countChannels(frames);
  const sums = new Float64Array(SIDE * SIDE);
  const counts = new Float64Array(SIDE * SIDE);
  let colour = 0;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const cell = Math.floor((Math.floor(pixel / width) * SIDE) / height) * SIDE + Math.floor(((pixel % width) * SIDE) / width);
    let [sum, least, most] = [0, 255, 0];
    for (let c = 0; c < channels; c++) {
      const value = dataNHWC[pixel * channels + c]!;
      [sum, least, most] = [sum + value, Math.min(least, value), Math.max(most, value)];
    }
    colour += most - least;
    sums[cell]! += sum / channels;
    counts[cell]! += 1;
  }
  return { grey: sums.map((sum, cell) => sum / Math.max(1, counts[cell]!)), colour: colour / (height * width) };
}

export const isGrey = ({ colour }: Thumbnail): boolean => colour < GREY_BELOW;

export const isConstant = ({ grey }: Thumbnail): boolean => Math.max(...grey) - Math.min(...grey) < CONSTANT_BELOW;

function isNear({ grey: a }: Thumbnail, { grey: b }: Thumbnail): boolean {
  let sum = 0;
  for (let i = 0; i < a.length && sum < NEAR_BELOW * a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum < NEAR_BELOW * a.length;
}

/** Pictures that show nearly what another one shows. */
export function countNear(thumbnails: readonly Thumbnail[]): number {
  return thumbnails.filter((each, i) => thumbnails.some((other, j) => i !== j && isNear(each, other))).length;
}

/**
 * How surely pictures have an up direction: the largest of several differences of top and bottom, and of rows and columns, in standard
 * errors. Of pictures from above, or of cells, turned ones look like upright ones, and it is a few at most.
 */
export function measureUp(thumbnails: readonly Thumbnail[]): number {
  return Math.max(0, ...UP_SIGNS.map((sign) => Math.abs(standardise(thumbnails.map(({ grey }) => sign(grey))))));
}

type Cell = (row: number, column: number) => number;

/** Sum over cells of what they hold times a weight. */
const weigh = (grey: Float64Array, weightOf: Cell): number => grey.reduce((sum, value, i) => sum + value * weightOf(Math.floor(i / SIDE), i % SIDE), 0);

/** How much the cells of a half change from one to the next: where there is detail. */
function detail(grey: Float64Array, isIn: (row: number, column: number) => boolean): number {
  let sum = 0;
  for (let row = 0; row < SIDE; row++) {
    for (let column = 1; column < SIDE; column++) if (isIn(row, column)) sum += Math.abs(grey[row * SIDE + column]! - grey[row * SIDE + column - 1]!);
  }
  return sum;
}

const HALF = SIDE / 2;

/** Zero on average over pictures that any turn leaves as likely. */
const UP_SIGNS: readonly ((grey: Float64Array) => number)[] = [
  (grey) => weigh(grey, (row) => (row < HALF ? 1 : -1)),
  (grey) => weigh(grey, (row) => (row === 0 || row === SIDE - 1 ? 1 : 0)) - weigh(grey, (_, column) => (column === 0 || column === SIDE - 1 ? 1 : 0)),
  (grey) => detail(grey, (row) => row < HALF) - detail(grey, (row) => row >= HALF),
];

/** The mean in standard errors. */
function standardise(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return variance > 0 ? mean / Math.sqrt(variance / values.length) : 0;
}
