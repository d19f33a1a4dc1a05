// Crops of random size and place, scaled to the wanted side (Szegedy et al. 2015, "Going Deeper with Convolutions").

import type { Random } from '../../../shared/random/random.js';
import { channelsOf, type Picture } from './picture.js';

/** A rectangle of a picture in pixels, not necessarily whole ones. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LARGEST_ASPECT = 4 / 3;
const NUM_TRIES = 10;

/** The largest central square. */
export function centralBox({ height, width }: Picture): Box {
  const side = Math.min(height, width);
  return { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
}

/** The square of `side` pixels in the middle, in whole pixels so that nothing is interpolated; the largest one of a smaller picture. */
export function middleBox({ height, width }: Picture, side: number): Box {
  const length = Math.min(side, height, width);
  return { x: Math.floor((width - length) / 2), y: Math.floor((height - length) / 2), width: length, height: length };
}

/** Whether a picture is so wide or high that most areas fit no aspect that is drawn. */
const isLong = ({ height, width }: Picture, meanArea: number): boolean => LARGEST_ASPECT * Math.min(height, width) ** 2 < meanArea * height * width;

function drawAspect(random: Random): number {
  const stretch = random.uniform(1, LARGEST_ASPECT);
  return random.chance(0.5) ? stretch : 1 / stretch;
}

function placeBox(picture: Picture, random: Random, width: number, height: number): Box {
  const x = random.uniform(0, picture.width - width);
  return { x, y: random.uniform(0, picture.height - height), width, height };
}

/** A box of no more area than fits its aspect. */
function drawFitting(picture: Picture, random: Random, minArea: number, maxArea: number): Box {
  const aspect = drawAspect(random);
  const whole = picture.height * picture.width;
  const most = Math.min(picture.width ** 2 / aspect, picture.height ** 2 * aspect, maxArea * whole);
  const area = random.uniform(Math.min(minArea * whole, most), most);
  return placeBox(picture, random, Math.min(Math.sqrt(area * aspect), picture.width), Math.min(Math.sqrt(area / aspect), picture.height));
}

/**
 * A box of `minArea`..`maxArea` of the picture's area and an aspect of 3/4..4/3. When ten draws do not fit: the central square, or as much
 * as fits anywhere of a long picture, whose ends nobody would see else.
 */
export function drawBox(picture: Picture, random: Random, minArea: number, maxArea = 1): Box {
  for (let i = 0; i < NUM_TRIES; i++) {
    const area = picture.height * picture.width * random.uniform(minArea, maxArea);
    const aspect = drawAspect(random);
    const width = Math.sqrt(area * aspect);
    const height = Math.sqrt(area / aspect);
    if (width <= picture.width && height <= picture.height) return placeBox(picture, random, width, height);
  }
  return isLong(picture, (minArea + maxArea) / 2) ? drawFitting(picture, random, minArea, maxArea) : centralBox(picture);
}

/** Positions to read along one axis: two neighbours and the share of the second. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float32Array;
}

function planTaps(start: number, length: number, limit: number, side: number): Taps {
  const taps: Taps = { first: new Int32Array(side), second: new Int32Array(side), share: new Float32Array(side) };
  for (let i = 0; i < side; i++) {
    const place = Math.min(Math.max(start + ((i + 0.5) * length) / side - 0.5, 0), limit - 1);
    const floor = Math.floor(place);
    taps.first[i] = floor;
    taps.second[i] = Math.min(floor + 1, limit - 1);
    taps.share[i] = place - floor;
  }
  return taps;
}

/** Scales a box to side * side by bilinear sampling at pixel centres. No low-pass: decode near the size that is wanted. */
export function copyResized(picture: Picture, box: Box, side: number, patchHWC: Float32Array): void {
  const { dataHWC, height, width } = picture;
  const channels = channelsOf(picture);
  const across = planTaps(box.x, box.width, width, side);
  const down = planTaps(box.y, box.height, height, side);
  let to = 0;
  for (let row = 0; row < side; row++) {
    const top = down.first[row]! * width;
    const bottom = down.second[row]! * width;
    const low = down.share[row]!;
    for (let column = 0; column < side; column++) {
      const left = across.first[column]!;
      const right = across.second[column]!;
      const far = across.share[column]!;
      for (let c = 0; c < channels; c++) {
        const above = dataHWC[(top + left) * channels + c]! * (1 - far) + dataHWC[(top + right) * channels + c]! * far;
        const below = dataHWC[(bottom + left) * channels + c]! * (1 - far) + dataHWC[(bottom + right) * channels + c]! * far;
        patchHWC[to++] = above * (1 - low) + below * low;
      }
    }
  }
}
