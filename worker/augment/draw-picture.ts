// A crop of one frame, for tasks that ask what is in a picture.

import type { Random } from '../../shared/random/random.js';
import { countChannels, type Frames } from '../decode/frames.js';
import { flipHorizontally } from './ops/flip.js';
import { pictureOf } from './ops/picture.js';
import { centralBox, copyResized, drawBox } from './ops/resized-crop.js';

/** Below this a picture shows nothing to ask for, in pixels. */
const LEAST_SIDE = 8;

/** Whether there is a frame, and one large enough. */
export const showsEnough = ({ numFrames, height, width }: Frames): boolean => numFrames >= 1 && Math.min(height, width) >= LEAST_SIDE;

export interface CropOptions {
  readonly side: number;
  /** Smallest crop, as a share of the picture's area. */
  readonly minArea: number;
  /** Whether half of the crops are mirrored, left and right. */
  readonly flip: boolean;
  /** False for the central square. Default true. */
  readonly randomCrop?: boolean;
  /** Which frame. Default: one of all. */
  readonly frame?: number;
}

/** A crop of a frame, [side * side * C] in 0..255; undefined where frames do not show enough. */
export function drawPicture(frames: Frames, random: Random, { side, minArea, flip, randomCrop = true, frame }: CropOptions): Float32Array | undefined {
  if (!showsEnough(frames)) return undefined;
  const patchHWC = new Float32Array(side * side * countChannels(frames));
  const picture = pictureOf(frames, frame ?? random.int(frames.numFrames));
  copyResized(picture, randomCrop ? drawBox(picture, random, minArea) : centralBox(picture), side, patchHWC);
  if (flip && random.chance(0.5)) flipHorizontally(patchHWC, side);
  return patchHWC;
}
