// Pictures as tasks show them that learn from labels: one or a few frames of an item, cropped, mirrored and coloured alike. Loads no tensor library.

import { z } from 'zod';
import { createRandom, type Random } from '../../../shared/random/random.js';
import { showsEnough } from '../../augment/draw-picture.js';
import { jitterColour } from '../../augment/ops/colour.js';
import { flipHorizontally } from '../../augment/ops/flip.js';
import { pictureOf, type Picture } from '../../augment/ops/picture.js';
import { copyResized, drawBox, middleBox, type Box } from '../../augment/ops/resized-crop.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import type { Frames } from '../../decode/frames.js';
import { pictureSpec, type ArraySpec, type DataSizes, type TypedArray } from '../task.js';

/** What a task lets a recipe say of them. */
export const shownOptions = {
  frames: z.int().min(1).max(32).default(1).describe('Frames of a clip whose features are averaged, one from each of as many equal parts; a picture is taken as often.'),
  minArea: z.number().min(0.05).max(1).default(0.5).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  colourJitter: z.number().min(0).max(1).default(0.2).describe('Strength of changes in brightness, contrast and saturation, 0..1.'),
};

export type ShownOptions = z.output<z.ZodObject<typeof shownOptions>>;

export interface ShownPictures {
  readonly spec: ArraySpec;
  /** False where there is nothing to show. */
  draw(frames: Frames, random: Random, out: TypedArray | undefined): boolean;
  /** A frame from the middle of each part: the middle of the picture at its own scale, as probes see it, nothing of it changed. */
  drawPlain(frames: Frames, out: TypedArray | undefined): boolean;
}

/** How a picture that is learnt from is changed. */
export interface Changes {
  readonly box: Box;
  readonly isMirrored: boolean;
  /** Changes all patches alike. */
  colour(patchHWC: Float32Array): void;
}

type ChangeOptions = Pick<ShownOptions, 'minArea' | 'flip' | 'colourJitter'>;

export function drawChanges(picture: Picture, random: Random, { minArea, flip, colourJitter }: ChangeOptions, channels: number): Changes {
  const box = drawBox(picture, random, minArea);
  const isMirrored = flip && random.chance(0.5);
  const colours = random.uint32();
  return {
    box, isMirrored,
    colour(patchHWC) {
      if (colourJitter > 0) jitterColour(patchHWC, createRandom({ seed: colours, epoch: 0, sample: 0, purpose: 'colours' }), colourJitter, channels);
    },
  };
}

export function bindShown({ frames: numShown, ...changing }: ShownOptions, { side, pixels }: DataSizes): ShownPictures {
  /** A frame of each of equal parts, at a place in it from 0 to 1. */
  const timesOf = ({ numFrames }: Frames, place: () => number): number[] =>
    Array.from({ length: numShown }, (_, part) => Math.floor(((part + place()) / numShown) * numFrames));

  function write(frames: Frames, { times, box }: { readonly times: readonly number[]; readonly box: Box }, out: TypedArray | undefined, change?: (patchHWC: Float32Array) => void): void {
    times.forEach((time, shown) => {
      const patchHWC = new Float32Array(side * side * pixels.channels);
      copyResized(pictureOf(frames, time), box, side, patchHWC);
      change?.(patchHWC);
      toBytes(patchHWC, (out as Uint8Array).subarray(shown * patchHWC.length, (shown + 1) * patchHWC.length));
    });
  }

  return {
    spec: numShown === 1 ? pictureSpec(side, pixels) : { ...pictureSpec(side, pixels), shape: [numShown, side, side, pixels.channels] },
    draw(frames, random, out) {
      if (!showsEnough(frames)) return false;
      const times = timesOf(frames, () => random.float());
      // All frames change alike.
      const { box, isMirrored, colour } = drawChanges(pictureOf(frames, times[0]!), random, changing, pixels.channels);
      write(frames, { times, box }, out, (patchHWC) => {
        if (isMirrored) flipHorizontally(patchHWC, side);
        colour(patchHWC);
      });
      return true;
    },
    drawPlain(frames, out) {
      if (!showsEnough(frames)) return false;
      const times = timesOf(frames, () => 0.5);
      write(frames, { times, box: middleBox(pictureOf(frames, times[0]!), side) }, out);
      return true;
    },
  };
}
