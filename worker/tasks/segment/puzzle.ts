// Which class each pixel is of: learning from masks. Pictures without one are drawn too and weigh nothing.

import { z } from 'zod';
import { UNKNOWN_PIXEL } from '../../../shared/datasets/masks/mask-classes.js';
import type { MetricInfo } from '../../../shared/learning.js';
import { showsEnough } from '../../augment/draw-picture.js';
import { flipHorizontally } from '../../augment/ops/flip.js';
import { copyNearest } from '../../augment/ops/nearest.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { centralBox, copyResized } from '../../augment/ops/resized-crop.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import type { Media } from '../../decode/media.js';
import { planPyramid, pyramidOptions, pyramidState } from '../../heads/pyramid-state.js';
import { classesOf, smoothingOption } from '../labels/classes.js';
import { classWeightsOption, weighClasses } from '../labels/class-weights.js';
import { drawChanges, shownOptions, type Changes } from '../labels/shown-pictures.js';
import { pictureSpec, type Arrays, type DataSizes, type Puzzle, type ShownArray, type TaskInfo } from '../task.js';
import { paintMask } from './paint-mask.js';

const options = z.strictObject({
  minArea: shownOptions.minArea, flip: shownOptions.flip, colourJitter: shownOptions.colourJitter,
  ...pyramidOptions,
  smoothing: smoothingOption,
  classWeights: classWeightsOption,
});

export type SegmentOptions = z.output<typeof options>;

/** What stands for a pixel whose class is not known. */
export const UNKNOWN = -1;

/** Writes a part of the picture, changed, and the same part of its mask, unchanged but for its place. */
function write({ frames, mask }: Media, { box, isMirrored, colour }: Changes, side: number, out: Arrays): void {
  const picture = out['picture'] as Uint8Array;
  const patchHWC = new Float32Array(picture.length);
  copyResized(pictureOf(frames, 0), box, side, patchHWC);
  if (isMirrored) flipHorizontally(patchHWC, side);
  colour(patchHWC);
  toBytes(patchHWC, picture);
  const { height, width } = frames;
  const classes = mask && copyNearest({ valuesHW: mask, height, width }, box, side, isMirrored);
  for (let i = 0; i < side * side; i++) out['mask']![i] = !classes || classes[i] === UNKNOWN_PIXEL ? UNKNOWN : classes[i]!;
}

function bind({ minArea, flip, colourJitter, width, classWeights }: SegmentOptions, sizes: DataSizes): Puzzle {
  const { side, pixels, chance = {} } = sizes;
  const classes = classesOf('segment', sizes);
  weighClasses(classWeights, sizes);
  const arrays = { picture: pictureSpec(side, pixels), mask: { type: 'int32', shape: [side, side] } } satisfies Puzzle['arrays'];
  const paint = (numbers: Int32Array): ShownArray => ({ shape: [side, side, 3], values: paintMask(numbers, classes.length) });
  const measure = (name: string): MetricInfo => ({ better: 'higher', ceiling: 1, ...(chance[name] !== undefined && { chance: chance[name] }) });
  return {
    needs: { media: 'image', mask: true },
    arrays,
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(classes.length) },
    equivariance: 'what it predicts are classes of pixels, which move with the picture',
    metrics: { sampleIou: measure('sampleIou'), pixelAccuracy: measure('pixelAccuracy') },
    state: ({ stages }) => pyramidState(planPyramid(width, stages.map(({ channels }) => channels), classes.length)),

    draw(media, random, out) {
      if (!showsEnough(media.frames)) return false;
      write(media, drawChanges(pictureOf(media.frames, 0), random, { minArea, flip, colourJitter }, pixels.channels), side, out);
      return true;
    },
    drawPlain(media, _random, out) {
      if (!showsEnough(media.frames)) return false;
      write(media, { box: centralBox(pictureOf(media.frames, 0)), isMirrored: false, colour: () => {} }, side, out);
      return true;
    },

    /** Of each pixel the class that is likeliest. */
    showPredicted(drawn, predicted) {
      const logits = predicted['mask']!;
      const told = Int32Array.from({ length: side * side }, (_, pixel) => {
        const own = logits.subarray(pixel * classes.length, (pixel + 1) * classes.length);
        return own.indexOf(Math.max(...own));
      });
      return { picture: { shape: arrays.picture.shape, values: drawn['picture']! }, 'as it is told': paint(told), mask: paint(drawn['mask'] as Int32Array) };
    },

    explain(drawn) {
      const numbers = drawn['mask'] as Int32Array;
      const there = classes.filter((_name, number) => numbers.includes(number));
      return {
        answer: there.length === 0 ? 'no mask is shown' : `pixels of ${there.join(', ')}`,
        shown: { picture: { shape: arrays.picture.shape, values: drawn['picture']! }, mask: paint(numbers) },
      };
    },
  };
}

export const segment: TaskInfo<SegmentOptions> = { options, paper: 'Kirillov, Girshick, He, Dollár 2019, for the decoder', media: 'image', needsLabels: 'mask', bind };
